//! HTTP requests to where the task's grants allow them.
//!
//! ```no_run
//! use horarium_sdk::{http, prelude::*};
//!
//! # #[args]
//! # struct User { name: String }
//! # fn users() -> Result<Vec<User>> {
//! let users: Vec<User> = http::get("https://api.example.com/v1/users")
//!     .query("team", "night shift")
//!     .send()?
//!     .error_for_status()?
//!     .json()?;
//! http::post("https://hooks.example.com/done").json(&users.len()).send()?.error_for_status()?;
//! # Ok(users)
//! # }
//! ```
//!
//! The operator grants URLs and methods to a task, with `http = ["https://api.example.com/v1/"]`
//! among its `grants`; what no grant admits fails with [`ErrorKind::Denied`]. Where a
//! server wants a credential, the operator can let the host add it, so that a plugin
//! never holds it: leave it out here.
//!
//! An [`Error`] knows whether another attempt makes sense: returned from a task
//! function, as it is or with context around it, a refusal by the host and a status
//! such as 404 are failures for good, a status such as 503 and trouble on the way are
//! tried again, not before the time that a server asks for with `Retry-After`.
//!
//! # Tests
//!
//! In `cargo test` there is no host to send anything. A test brings its own server:
//!
//! ```
//! use horarium_sdk::{http, prelude::*};
//!
//! fn is_up(name: &str) -> Result<bool> {
//!     let answer = http::get("https://status.example.com/").query("service", name).send()?;
//!     Ok(answer.is_success())
//! }
//!
//! let _context = Context::for_test("watch")
//!     .http(|request| match request.url() {
//!         "https://status.example.com/?service=mail" => http::Response::new(200),
//!         _ => http::Response::new(503).with_body("down"),
//!     })
//!     .build();
//! assert!(is_up("mail").unwrap());
//! assert!(!is_up("chat").unwrap());
//! ```

mod error;
mod follow;
mod request;
mod response;
mod retry_after;
#[cfg(not(target_family = "wasm"))]
mod script;
mod url;
#[cfg(target_family = "wasm")]
mod wasi;

#[cfg(not(target_family = "wasm"))]
use self::script as transport;
#[cfg(target_family = "wasm")]
use self::wasi as transport;

#[cfg(not(target_family = "wasm"))]
pub(crate) use self::script::Script;
pub use self::{
    error::{Error, ErrorKind},
    request::{Request, Sent},
    response::{Body, Response},
};

/// Starts a request that asks for what is at a URL.
pub fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

/// Starts a request that asks for what [`get`] would, without the body.
pub fn head(url: impl Into<String>) -> Request {
    request("HEAD", url)
}

/// Starts a request that hands something over.
pub fn post(url: impl Into<String>) -> Request {
    request("POST", url)
}

/// Starts a request that puts something in its place.
pub fn put(url: impl Into<String>) -> Request {
    request("PUT", url)
}

/// Starts a request that changes a part of something.
pub fn patch(url: impl Into<String>) -> Request {
    request("PATCH", url)
}

/// Starts a request that removes something.
pub fn delete(url: impl Into<String>) -> Request {
    request("DELETE", url)
}

/// Starts a request with any other method, in capitals.
pub fn request(method: impl Into<String>, url: impl Into<String>) -> Request {
    Request::new(method.into(), url.into())
}
