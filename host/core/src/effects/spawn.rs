//! Runs of other tasks that a success starts.

use std::{fmt, time::Duration};

use jiff::Timestamp;

use crate::{name::TaskName, time};

/// A run that an attempt wants to be made with its success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spawn {
    /// Of this task.
    pub task: TaskName,
    /// Arguments of its own, JSON, instead of the task's.
    pub args: Option<String>,
    /// A key that at most one run of the task has: where there is such a run, there will be
    /// no other.
    pub key: Option<String>,
    /// When it may begin, counted from the success.
    pub when: When,
    /// The most runs of the task that may be under way or wait, with this one.
    pub limit: u32,
}

impl Spawn {
    /// The most bytes of arguments.
    pub const ARGS: usize = 64 << 10;

    /// The most bytes of a key.
    pub const KEY: usize = 512;

    /// Bytes that it takes in memory, about.
    #[must_use]
    pub fn size(&self) -> u64 {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let bytes = size_of::<Self>() + text(&self.args) + text(&self.key);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// When a run is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum When {
    /// As soon as may be.
    #[default]
    Now,
    /// So much later.
    After(Duration),
    /// At this instant.
    At(Timestamp),
}

impl When {
    /// The longest that anybody wants a run to wait: 100 years.
    pub const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

    /// The instant that is meant at `now`.
    #[must_use]
    pub fn instant(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Now => now,
            Self::After(length) => time::add(now, length),
            Self::At(instant) => time::to_stored_precision(instant),
        }
    }
}

/// Why a run of a task could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stillborn {
    /// Nothing of the task can run: the host does not know it, or its plugin.
    Inactive,
    /// As many runs of it are under way or wait as may.
    Full {
        /// So many.
        limit: u32,
    },
}

impl fmt::Display for Stillborn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => {
                out.write_str("it is not in the configuration, or its plugin is not there")
            }
            Self::Full { limit } => write!(
                out,
                "with these, more than {limit} of its runs would not be over (`limit` in \
                 `grants.tasks`)"
            ),
        }
    }
}
