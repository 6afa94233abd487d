//! How an attempt ended.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// The end of an attempt, with what is worth knowing about it.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The task function returned without failure.
    Succeeded {
        /// Its output, JSON.
        output: Option<String>,
    },
    /// The task function returned a failure, or could not be called at all.
    Failed(Failure),
    /// The attempt's time was over.
    TimedOut {
        /// The time it had.
        limit: Duration,
    },
    /// The attempt's fuel was used up.
    OutOfFuel {
        /// The fuel it had.
        limit: u64,
    },
    /// The guest asked for more memory than it may have, and did not succeed without.
    OutOfMemory {
        /// What all its memories together may hold, in bytes.
        limit: u64,
        /// What they would have held with the refused growth, in bytes.
        wanted: u64,
    },
    /// The guest stopped in a way that WebAssembly does not define a result for.
    Trapped(Trap),
    /// Somebody asked for the attempt to be stopped.
    Cancelled,
    /// The host stopped the attempt in order to end itself; the run goes back to
    /// the queue and the attempt is not counted.
    Interrupted,
    /// Nobody reported an end before the lease expired: the host died, most likely.
    Lost,
    /// The task function returned without failure, but another run has changed since what
    /// it had read; none of what it wrote counts. The run goes back to the queue and the
    /// attempt is not counted.
    Conflicted {
        /// Where, in words.
        bucket: String,
    },
}

/// A failure in the task function's own words, or in the host's where the
/// function could not be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What to do about it.
    pub kind: FailureKind,
    /// The whole chain of causes, for people.
    pub message: String,
}

/// What a failure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Another attempt, by the task's retry policy.
    Retry,
    /// Another attempt, but not before this much time has passed.
    RetryAfter(Duration),
    /// No further attempt.
    Permanent,
}

/// A trap: the reason, and where the guest was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// The panic's text where the guest told it, else the trap's own reason.
    pub message: String,
    /// The guest's frames, innermost first, demangled.
    pub backtrace: Vec<String>,
}

/// A verdict without its data: the word for it in tables, JSON and the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is documented at the variant of Verdict with its name")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VerdictKind {
    Succeeded,
    Failed,
    TimedOut,
    OutOfFuel,
    OutOfMemory,
    Trapped,
    Cancelled,
    Interrupted,
    Lost,
    Conflicted,
}

impl VerdictKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::OutOfFuel,
        Self::OutOfMemory,
        Self::Trapped,
        Self::Cancelled,
        Self::Interrupted,
        Self::Lost,
        Self::Conflicted,
    ];

    /// The word for it in tables, JSON and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::OutOfFuel => "out_of_fuel",
            Self::OutOfMemory => "out_of_memory",
            Self::Trapped => "trapped",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Lost => "lost",
            Self::Conflicted => "conflicted",
        }
    }

    /// The kind that [`as_str`](Self::as_str) gives this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for VerdictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Verdict {
    /// A failure that another attempt may mend.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(Failure { kind: FailureKind::Retry, message: message.into() })
    }

    /// A failure that no further attempt would mend.
    pub fn failed_for_good(message: impl Into<String>) -> Self {
        Self::Failed(Failure { kind: FailureKind::Permanent, message: message.into() })
    }

    /// The verdict without its data.
    #[must_use]
    pub const fn kind(&self) -> VerdictKind {
        match self {
            Self::Succeeded { .. } => VerdictKind::Succeeded,
            Self::Failed(_) => VerdictKind::Failed,
            Self::TimedOut { .. } => VerdictKind::TimedOut,
            Self::OutOfFuel { .. } => VerdictKind::OutOfFuel,
            Self::OutOfMemory { .. } => VerdictKind::OutOfMemory,
            Self::Trapped(_) => VerdictKind::Trapped,
            Self::Cancelled => VerdictKind::Cancelled,
            Self::Interrupted => VerdictKind::Interrupted,
            Self::Lost => VerdictKind::Lost,
            Self::Conflicted { .. } => VerdictKind::Conflicted,
        }
    }

    /// Why the attempt did not succeed, in one line; none where it did.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        Some(match self {
            Self::Succeeded { .. } => return None,
            Self::Failed(failure) => failure.message.clone(),
            Self::TimedOut { limit } => {
                format!("not done after {}", crate::limits::show_duration(*limit))
            }
            Self::OutOfFuel { limit } => format!("used up its fuel of {limit}"),
            Self::OutOfMemory { limit, wanted } => {
                format!("wanted {wanted} bytes of memory where the limit is {limit}")
            }
            Self::Trapped(trap) => trap.message.clone(),
            Self::Cancelled => "cancelled".to_owned(),
            Self::Interrupted => "interrupted by the host's shutdown; not counted".to_owned(),
            Self::Lost => "the host stopped before the attempt's end was recorded".to_owned(),
            Self::Conflicted { bucket } => {
                format!("another run has changed {bucket} since this one read it; not counted")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_word() {
        for kind in VerdictKind::ALL {
            assert_eq!(VerdictKind::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(VerdictKind::from_word("fine"), None);
    }
}
