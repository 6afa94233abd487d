//! Requests: as they are put together, and as they are sent.

use std::time::{Duration, Instant};

use serde::{Serialize, de::DeserializeOwned};

use super::{Error, ErrorKind, Response, follow, url};

/// Redirects that are followed where nothing else is said.
const REDIRECTS: u32 = 5;

/// A request that is being put together; [`send`](Self::send) sends it.
///
/// What can't be put together is told by `send`, so that nothing before it needs a `?`.
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until `send` is called"]
pub struct Request {
    sent: Sent,
    timeout: Option<Duration>,
    redirects: Option<u32>,
    /// The first thing that could not be done.
    wrong: Option<String>,
}

/// A request as it is sent: what the server of a [test](super#tests) gets to see.
#[derive(Debug, Clone)]
pub struct Sent {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    pub(super) fn new(method: String, url: String) -> Self {
        let sent = Sent { method, url: url::encoded(&url), headers: Vec::new(), body: None };
        Self { sent, timeout: None, redirects: None, wrong: None }
    }

    /// Adds a header. Those of the connection, such as `Host`, are the host's own.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.sent.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a parameter to the query. Name and value may be any text.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        url::add_parameter(&mut self.sent.url, name, &value.to_string());
        self
    }

    /// Sends these bytes along.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.sent.body = Some(body.into());
        self
    }

    /// Sends a value along as JSON, and says so in `Content-Type`.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.sent.body = Some(body),
            Err(reason) => {
                let wrong = || format!("the body can't be written as JSON: {reason}");
                self.wrong.get_or_insert_with(wrong);
            }
        }
        self.default_header("content-type", "application/json");
        self
    }

    /// Gives up after this time, the reading of the body included. The host has
    /// timeouts of its own for each phase, and one for the whole attempt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Follows so many redirects, each one with the host's leave. 5 for `GET` and
    /// `HEAD` where nothing is said, none for other methods, which then return the
    /// redirect itself.
    ///
    /// Headers that hold credentials don't go along to another host, and a credential
    /// that the host adds never leaves the URLs that it is for.
    pub fn follow_redirects(mut self, most: u32) -> Self {
        self.redirects = Some(most);
        self
    }

    /// Sends the request, and waits for the beginning of the response. Its status may
    /// be any; see [`Response::error_for_status`].
    ///
    /// # Errors
    ///
    /// Where the request makes no sense, where the host refuses it, where the server
    /// can't be reached or answers nothing of use, and where there are too many
    /// redirects.
    pub fn send(mut self) -> Result<Response, Error> {
        self.default_header("user-agent", concat!("horarium-sdk/", env!("CARGO_PKG_VERSION")));
        if let Some(wrong) = self.wrong {
            return Err(Error::new(&self.sent, ErrorKind::Invalid(wrong)));
        }
        // Too long to be counted is no timeout.
        let deadline = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let looks = ["GET", "HEAD"].contains(&self.sent.method.as_str());
        let most = self.redirects.unwrap_or(if looks { REDIRECTS } else { 0 });
        follow::send(self.sent, deadline, most)
    }

    fn default_header(&mut self, name: &str, value: &str) {
        if self.sent.header(name).is_none() {
            self.sent.headers.push((name.to_owned(), value.to_owned()));
        }
    }
}

impl Sent {
    /// Its method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Its URL, the query included.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The first header of this name, in whatever case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Its body, empty where it has none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// Its body, read as JSON.
    ///
    /// # Errors
    ///
    /// Where the body is no JSON, or none of this type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(self.body())
    }
}

/// The first header of this name, in whatever case.
pub(super) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}
