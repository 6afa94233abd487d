//! Why a request came to nothing.

use std::{fmt, time::Duration};

use super::{Sent, url};
use crate::error::{Advice, TaskError};

/// Why a request came to nothing, and which request it was.
///
/// As a failure of a task it decides whether there is another attempt; see
/// [`ErrorKind`].
#[derive(Debug, Clone)]
pub struct Error {
    /// Without its query, which may hold what is nobody's business.
    request: Option<String>,
    kind: ErrorKind,
}

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It makes no sense as it is. A failure for good.
    Invalid(String),
    /// No grant of the task admits it; the run's log says which one would. A failure
    /// for good.
    Denied,
    /// The server's name leads to an address where the grant does not reach. A
    /// failure for good.
    Prohibited,
    /// It or its response exceeds what the host allows. A failure for good.
    TooLarge(String),
    /// There were more redirects than this. A failure for good.
    Redirects(u32),
    /// The server can't be reached: no such name, nobody there, no TLS.
    Unreachable(String),
    /// It took too long.
    Timeout,
    /// The exchange broke off.
    Broken(String),
    /// The response has not the content that was expected.
    Content(String),
    /// The server answered with a status that is none of success. Tried again if it is
    /// 408, 425, 429 or one from 500 on, not before the time that the server asks for;
    /// a failure for good otherwise.
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
}

impl Error {
    pub(super) fn new(request: &Sent, kind: ErrorKind) -> Self {
        Self::of(Some(request), kind)
    }

    pub(super) fn of(request: Option<&Sent>, kind: ErrorKind) -> Self {
        let shown = |request: &Sent| {
            let url = request.url.split(['?', '#']).next().unwrap_or_default();
            // A user's name and password are no less a secret than a query.
            let url = match url::parts(url) {
                Some(url::Parts { scheme, authority, path }) => {
                    let host = authority.rsplit('@').next().unwrap_or_default();
                    format!("{scheme}://{host}{path}")
                }
                None => url.to_owned(),
            };
            format!("{} {url}", request.method)
        };
        Self { request: request.map(shown), kind }
    }

    /// Why.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The status that the server answered with, if that is why.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            ErrorKind::Status { status, .. } => Some(status),
            _ => None,
        }
    }

    pub(crate) fn advice(&self) -> Advice {
        match self.kind {
            ErrorKind::Invalid(_)
            | ErrorKind::Denied
            | ErrorKind::Prohibited
            | ErrorKind::TooLarge(_)
            | ErrorKind::Redirects(_) => Advice::Permanent,
            ErrorKind::Unreachable(_)
            | ErrorKind::Timeout
            | ErrorKind::Broken(_)
            | ErrorKind::Content(_) => Advice::Retry,
            ErrorKind::Status { status, retry_after, .. } => match retry_after {
                _ if !matches!(status, 408 | 425 | 429 | 500..) => Advice::Permanent,
                Some(wait) => Advice::RetryAfter(wait),
                None => Advice::Retry,
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.request {
            Some(request) => write!(f, "{request}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(reason)
            | Self::TooLarge(reason)
            | Self::Unreachable(reason)
            | Self::Broken(reason)
            | Self::Content(reason) => f.write_str(reason),
            Self::Denied => f.write_str("the host refused it, no grant of the task admits it"),
            Self::Prohibited => {
                f.write_str("the host refused it, the server's address is not what was granted")
            }
            Self::Redirects(most) => write!(f, "there were more than {most} redirects"),
            Self::Timeout => f.write_str("it took too long"),
            Self::Status { status, body, .. } => {
                write!(f, "{status}")?;
                if let Some(phrase) = phrase(*status) {
                    write!(f, " {phrase}")?;
                }
                if !body.is_empty() {
                    write!(f, ": {body}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for TaskError {
    fn from(error: Error) -> Self {
        match error.advice() {
            Advice::Permanent => Self::permanent(error),
            Advice::Retry => Self::retry(error),
            Advice::RetryAfter(wait) => Self::retry_after(wait, error),
        }
    }
}

/// What people call a status.
fn phrase(status: u16) -> Option<&'static str> {
    Some(match status {
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}
