//! Write tasks for Horarium: functions that a host runs on a schedule, each run
//! in a WebAssembly sandbox of its own.
//!
//! A whole plugin:
//!
//! ```
//! use horarium_sdk::prelude::*;
//!
//! /// Says hello.
//! #[task(every = "30s", timeout = "5s")]
//! fn hello() {
//!     log::info!("hi");
//! }
//! ```
//!
//! with this beside it in `Cargo.toml`:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! horarium-sdk = "0.1"
//! ```
//!
//! `cargo build --target wasm32-wasip2` makes the component that goes into the
//! host's plugin directory. A plugin has as many `#[task]` functions as it likes.
//!
//! # Arguments, output, failure
//!
//! A task function may take a [`Context`], which says what runs and why, and
//! one value of its own, which is deserialized from the arguments in the host's
//! configuration. It may return a value, which the host keeps as the run's output.
//! What it returns as an error is a failure, and [`TaskError`] decides whether the
//! host tries again.
//!
//! ```
//! use std::time::Duration;
//!
//! use horarium_sdk::prelude::*;
//!
//! #[args]
//! struct Window {
//!     /// How many days back to look.
//!     days: u32,
//! }
//!
//! #[output]
//! struct Report {
//!     rows: u64,
//! }
//!
//! /// Rebuilds the report.
//! #[task(cron = "0 5 * * *", timezone = "Europe/Paris", max_attempts = 3)]
//! fn rebuild(context: &Context, window: Window) -> Result<Report, TaskError> {
//!     if window.days == 0 {
//!         return Err(TaskError::permanent("a window needs at least one day"));
//!     }
//!     if context.time_left() < Duration::from_secs(5) {
//!         return Err(TaskError::retry_after(Duration::from_secs(60), "not enough time"));
//!     }
//!     context.progress(0.5, "counted half of it");
//!     Ok(Report { rows: u64::from(window.days) * 24 })
//! }
//!
//! # fn main() {
//! // A task function stays a plain function, so a test calls it.
//! let context = Context::for_test("nightly-report").attempt(2).build();
//! assert_eq!(rebuild(&context, Window { days: 2 }).unwrap().rows, 48);
//! assert!(matches!(
//!     rebuild(&context, Window { days: 0 }),
//!     Err(TaskError::Permanent(_))
//! ));
//! # }
//! ```
//!
//! # What speaks to the host
//!
//! The macros of the [`log`] crate and the functions in [`progress`]. A panic
//! reaches the host with its message and place, and the run has trapped. Outside
//! of a plugin, in `cargo test`, logging goes to whatever logger the test installs.

// The attributes name this crate by its path, also in its own tests.
extern crate self as horarium_sdk;

mod arguments;
pub mod checkpoint;
#[cfg(target_family = "wasm")]
mod component;
mod context;
mod error;
mod failure;
mod function;
pub mod http;
pub mod plugin;
pub mod prelude;
pub mod progress;
pub mod restart;
mod returned;
pub mod start;
pub mod state;
mod test_context;
mod trigger;

pub use anyhow;
pub use log;
pub use schemars;
pub use serde;
pub use serde_json;

pub use horarium_sdk_macros::{args, output, task};

pub use context::Context;
pub use error::{Cause, TaskError};
#[cfg(not(target_family = "wasm"))]
pub use test_context::Started;
pub use test_context::TestContext;
pub use trigger::Trigger;

/// What the attributes' expansions name. No part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::arguments::{arguments, no_arguments, schema};
    pub use crate::function::TaskFunction;
    pub use crate::plugin::Outcome;
    pub use crate::returned::{Returned, ReturnedValue, fallible};
    pub use inventory;
}
