//! How much of the history is kept.

use std::time::Duration;

use jiff::Timestamp;

use crate::time;

/// What is kept of runs that are over: as much as none of these bounds forbids. The last
/// run of each task is kept whatever they say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// No run that has been over for longer.
    pub age: Option<Duration>,
    /// No more runs than this, those that are not over included.
    pub runs: Option<u64>,
    /// No more bytes than this, with all that is known of the runs.
    pub bytes: Option<u64>,
}

impl Retention {
    /// A run that was over before this instant has been kept for long enough.
    #[must_use]
    pub fn oldest_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.age.map(|age| time::sub(now, age))
    }
}
