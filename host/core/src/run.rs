//! A run: one fire of a task, and the states it passes through.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{name::TaskName, overlap::SkipReason, verdict::VerdictKind};

/// A run's number in its store, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for RunId {
    type Err = NoRun;

    fn from_str(text: &str) -> Result<Self, NoRun> {
        text.parse().map(Self).map_err(|_| NoRun)
    }
}

/// It is not what runs are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a run is called by its number, as `horarium runs` lists it; `horarium runs --task NAME` lists \
     those of a task"
)]
pub struct NoRun;

/// A run's idempotency key: no run of any other history has it, and none that this one
/// made before it was replaced by a backup, and would make with the same number again.
#[must_use]
pub fn key(history: &str, run: RunId, created_at: Timestamp) -> String {
    let moment = created_at.as_microsecond().rem_euclid(1 << 32);
    format!("{history}-{run}-{moment:08x}")
}

/// Why a run exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Trigger {
    /// An instant of a `cron` or `every` schedule.
    Schedule,
    /// The end of the run before it.
    Continuous,
    /// The task exists.
    Once,
    /// The one instant of an `at` schedule.
    At,
    /// Somebody asked.
    Manual,
    /// Somebody asked for an instant of a `cron` or `every` schedule that had passed.
    Backfill,
    /// A run of another task, or of this one, has started it.
    Start,
    /// Runs of other tasks are over.
    After,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 8] = [
        Self::Schedule,
        Self::Continuous,
        Self::Once,
        Self::At,
        Self::Manual,
        Self::Backfill,
        Self::Start,
        Self::After,
    ];

    /// The word for it in tables, JSON, the store, and the guest's context.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Continuous => "continuous",
            Self::Once => "once",
            Self::At => "at",
            Self::Manual => "manual",
            Self::Backfill => "backfill",
            Self::Start => "start",
            Self::After => "after",
        }
    }

    /// The trigger that [`as_str`](Self::as_str) gives this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trigger| trigger.as_str() == word)
    }
}

/// What a run is identified by: at most one run for each, ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fire {
    /// The task.
    pub task: TaskName,
    /// Why it fires.
    pub trigger: Trigger,
    /// The nominal instant.
    pub scheduled_for: Timestamp,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Waits for its time and a slot. In: the scheduler, a drain. Out: a claim.
    Scheduled,
    /// An attempt is under way. In: a claim. Out: the lease's holder, the sweeper.
    Running,
    /// Waits for its next attempt. In: the lease's holder, the sweeper. Out: a claim.
    RetryWait,
    /// Over. Nothing leads out; a re-run is a new run.
    Ended(RunEnd),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// With its last attempt's verdict.
    Verdict(VerdictKind),
    /// Before it began.
    Skipped(SkipReason),
    /// Because it was too late for an attempt.
    Expired(Expiry),
}

/// Why it is too late for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The first one did not begin within the task's `start_deadline`.
    Start,
    /// The run's `deadline` is over.
    Run,
}

impl Expiry {
    /// The word for it in tables, JSON and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start_deadline",
            Self::Run => "deadline",
        }
    }

    /// The reason that [`as_str`](Self::as_str) gives this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Start, Self::Run].into_iter().find(|expiry| expiry.as_str() == word)
    }
}

impl RunEnd {
    /// Why there was no last attempt, where there was none.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Verdict(_) => None,
            Self::Skipped(reason) => Some(reason.as_str()),
            Self::Expired(expiry) => Some(expiry.as_str()),
        }
    }
}

impl RunState {
    /// The word for the state in tables, JSON and the store: an ended run's is
    /// its verdict's, or `skipped` or `expired`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::RetryWait => "retry_wait",
            Self::Ended(RunEnd::Verdict(verdict)) => verdict.as_str(),
            Self::Ended(RunEnd::Skipped(_)) => "skipped",
            Self::Ended(RunEnd::Expired(_)) => "expired",
        }
    }

    /// The state from its word, and the reason where it has one.
    #[must_use]
    pub fn from_words(word: &str, reason: Option<&str>) -> Option<Self> {
        Some(match word {
            "scheduled" => Self::Scheduled,
            "running" => Self::Running,
            "retry_wait" => Self::RetryWait,
            "skipped" => Self::Ended(RunEnd::Skipped(SkipReason::from_word(reason?)?)),
            "expired" => Self::Ended(RunEnd::Expired(Expiry::from_word(reason?)?)),
            verdict => Self::Ended(RunEnd::Verdict(VerdictKind::from_word(verdict)?)),
        })
    }

    /// Whether the run is over.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Ended(_))
    }
}

impl RunState {
    /// Whether this is the word of some state.
    #[must_use]
    pub fn is_word(word: &str) -> bool {
        // A state of which there are several kinds is told by a reason, of which there is
        // at least this one.
        Self::from_words(word, Some(SkipReason::Overlap.as_str())).is_some()
            || Self::from_words(word, Some(Expiry::Start.as_str())).is_some()
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for RunState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_own_word() {
        let ends = VerdictKind::ALL.map(|kind| RunState::Ended(RunEnd::Verdict(kind)));
        let skipped = SkipReason::ALL.map(|reason| RunState::Ended(RunEnd::Skipped(reason)));
        let expired =
            [Expiry::Start, Expiry::Run].map(|expiry| RunState::Ended(RunEnd::Expired(expiry)));
        let going_on = [RunState::Scheduled, RunState::Running, RunState::RetryWait];
        for state in going_on.into_iter().chain(ends).chain(skipped).chain(expired) {
            let reason = match state {
                RunState::Ended(end) => end.reason(),
                _ => None,
            };
            assert_eq!(RunState::from_words(state.as_str(), reason), Some(state));
        }
        assert_eq!(RunState::from_words("skipped", None), None);
        assert_eq!(RunState::from_words("expired", Some("overlap")), None);
        assert_eq!(RunState::from_words("done", None), None);
    }
}
