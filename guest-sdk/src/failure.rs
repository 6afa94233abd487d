//! How a run ended, as the host is told.

use std::{fmt, time::Duration};

use crate::error::{Advice, TaskError};

/// What the host should do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Try again by the task's retry policy.
    Retry,
    /// Try again, but not before this much time has passed.
    RetryAfter(Duration),
    /// Trying again would not help.
    Permanent,
}

/// Why a task function did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the host should do.
    pub kind: FailureKind,
    /// The error and all of its causes in one line, outermost first.
    pub message: String,
}

impl Failure {
    pub(crate) fn permanent(message: String) -> Self {
        Self { kind: FailureKind::Permanent, message }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let kind = match TaskError::advice(&error) {
            Advice::Permanent => FailureKind::Permanent,
            Advice::RetryAfter(delay) => FailureKind::RetryAfter(delay),
            Advice::Retry => FailureKind::Retry,
        };
        Self { kind, message: format!("{error:#}") }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

impl std::error::Error for Failure {}
