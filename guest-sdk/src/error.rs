//! A task's own word for why it did not succeed.

use std::{error::Error, fmt, time::Duration};

use crate::http;

/// What a [`TaskError`] says went wrong: any error, or a text.
pub type Cause = Box<dyn Error + Send + Sync>;

/// An error that decides whether the host tries again.
///
/// A task function may return it as it is, or inside of another error: the host
/// follows the first `TaskError` in the chain of causes, from the outermost one
/// inwards. Without any, an [`http::Error`](crate::http::Error) in the chain decides;
/// every other failure is tried again by the task's retry policy.
///
/// ```
/// # use horarium_sdk::prelude::*;
/// fn fetch(page: u32) -> Result<String, TaskError> {
///     match page {
///         0 => Err(TaskError::permanent("pages are counted from 1")),
///         // `?` keeps what the error inside decided, or else says `retry`.
///         _ => Ok(std::fs::read_to_string("/pages/1").context("read the page")?),
///     }
/// }
/// # assert!(matches!(fetch(0), Err(TaskError::Permanent(_))));
/// # assert!(matches!(fetch(1), Err(TaskError::Retry(_))));
/// ```
#[derive(Debug)]
pub enum TaskError {
    /// Try again by the task's retry policy.
    Retry(Cause),
    /// Try again, but not before this much time has passed.
    RetryAfter(Duration, Cause),
    /// Trying again would not help.
    Permanent(Cause),
}

impl TaskError {
    /// A failure that is tried again by the task's retry policy.
    pub fn retry(cause: impl Into<Cause>) -> Self {
        Self::Retry(cause.into())
    }

    /// A failure that is tried again once `delay` has passed, for instance
    /// because a server said so. The host counts in microseconds.
    pub fn retry_after(delay: Duration, cause: impl Into<Cause>) -> Self {
        Self::RetryAfter(delay, cause.into())
    }

    /// A failure that is not tried again.
    pub fn permanent(cause: impl Into<Cause>) -> Self {
        Self::Permanent(cause.into())
    }

    /// What `error` and everything it holds decide.
    pub(crate) fn advice(error: &anyhow::Error) -> Advice {
        if let Some(own) = find::<Self>(error) {
            return match own {
                Self::Retry(_) => Advice::Retry,
                Self::RetryAfter(delay, _) => Advice::RetryAfter(*delay),
                Self::Permanent(_) => Advice::Permanent,
            };
        }
        find::<http::Error>(error).map_or(Advice::Retry, http::Error::advice)
    }

    fn cause(&self) -> &Cause {
        match self {
            Self::Retry(cause) | Self::RetryAfter(_, cause) | Self::Permanent(cause) => cause,
        }
    }
}

/// What an error means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Try again by the task's retry policy.
    Retry,
    /// Try again, but not before this much time has passed.
    RetryAfter(Duration),
    /// Trying again would not help.
    Permanent,
}

/// The first error of this type among `error` and its causes.
fn find<E: Error + Send + Sync + 'static>(error: &anyhow::Error) -> Option<&E> {
    // `downcast_ref` sees what `anyhow` has wrapped in context, `chain` what other
    // errors name as their source.
    error.downcast_ref().or_else(|| error.chain().find_map(<dyn Error>::downcast_ref))
}

/// The cause's own text.
impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.cause(), f)
    }
}

impl Error for TaskError {
    /// What the cause names as its source, since the cause's text is this
    /// error's own.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause().source()
    }
}

/// Keeps the decision of a `TaskError` in the chain, and the whole chain.
impl From<anyhow::Error> for TaskError {
    fn from(error: anyhow::Error) -> Self {
        match Self::advice(&error) {
            Advice::Permanent => Self::permanent(error),
            Advice::RetryAfter(delay) => Self::retry_after(delay, error),
            Advice::Retry => Self::retry(error),
        }
    }
}
