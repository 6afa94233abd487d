//! The rules of a task's runs.

use std::{num::NonZeroU32, time::Duration};

use crate::{misfire::Misfire, overlap::Overlap, retry::RetryPolicy};

/// The greatest priority; the least is as far below zero.
pub const MOST_PRIORITY: i8 = 100;

/// How a task's fires become runs, and how these go on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rules {
    /// What happens to a fire while earlier runs are not over.
    pub overlap: Overlap,
    /// What happens to fires that were missed.
    pub misfire: Misfire,
    /// How long after its nominal instant a run may start at the latest, to be spread.
    pub jitter: Duration,
    /// Which of two waiting runs goes first: that with the greater number.
    pub priority: i8,
    /// How late a run may start; one that did not is over.
    pub start_deadline: Option<Duration>,
    /// How late a run may start without an alert.
    pub late_after: Option<Duration>,
    /// Within what time the task should succeed, again and again; else an alert says that
    /// it did not.
    pub deadman: Option<Duration>,
    /// How long a run may take with all of its attempts and waits, from when it may
    /// begin.
    pub deadline: Option<Duration>,
    /// How often a run is tried.
    pub retry: RetryPolicy,
    /// What a lost attempt means.
    pub on_lost: OnLost,
    /// After how many failed runs in a row the task is put aside; never where none.
    pub quarantine: Option<NonZeroU32>,
}

/// What it means that nobody knows how far an attempt has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnLost {
    /// It is tried again, as after any failure: each run happens at least once.
    #[default]
    Retry,
    /// It is over: with a single attempt, each run happens at most once.
    Fail,
}
