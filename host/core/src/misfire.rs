//! Which instants become fires when some passed while nobody looked.

use jiff::Timestamp;

use crate::schedule::{Cursor, Schedule};

/// What to do about instants that were due while nobody ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Misfire {
    /// Fire once, for the last of them.
    #[default]
    Latest,
}

/// What a look at a task's schedule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The nominal instants to fire for, oldest first.
    pub fires: Vec<Timestamp>,
    /// The cursor afterwards, to be stored with the fires in one transaction.
    pub cursor: Cursor,
}

impl Misfire {
    /// What is due at `now`; none where nothing is. Costs the same however long
    /// the gap. A clock that went back finds nothing, since the cursor is ahead of it.
    #[must_use]
    pub fn due(self, schedule: &Schedule, cursor: Cursor, now: Timestamp) -> Option<Due> {
        match self {
            Self::Latest => {
                let latest = schedule.latest(cursor, now)?;
                // Never behind the old cursor, even for an `at` that lies before the creation.
                let considered = latest.max(cursor.instant());
                Some(Due { fires: vec![latest], cursor: Cursor::Considered(considered) })
            }
        }
    }
}
