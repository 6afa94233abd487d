//! Which instants become fires when some passed while nobody looked.

use jiff::Timestamp;

use crate::schedule::{Cursor, Schedule};

/// What to do about instants that were due while nobody ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Misfire {
    /// Let them pass.
    Skip,
    /// Fire once, for the last of them.
    #[default]
    Latest,
    /// Fire for each.
    All {
        /// The most fires, the last ones; at least 1.
        limit: u32,
    },
}

/// The most fires that are made up for, where nobody says otherwise.
pub const MISFIRE_LIMIT: u32 = 100;

/// What a look at a task's schedule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The nominal instants to fire for, oldest first.
    pub fires: Vec<Timestamp>,
    /// The last instant that passes without a fire, by [`Misfire::Skip`].
    pub passed: Option<Timestamp>,
    /// The cursor afterwards, to be stored with the fires in one transaction.
    pub cursor: Cursor,
}

impl Misfire {
    /// What is due at `now`; none where nothing is. Costs the same however long
    /// the gap. A clock that went back finds nothing, since the cursor is ahead of it.
    ///
    /// `awake` is since when somebody has been looking: what was due before that was
    /// missed. What has been due since is late at most, and of several such instants
    /// all but the last would be late for nothing, unless every one of them is wanted.
    /// What comes only once is never let pass.
    #[must_use]
    pub fn due(
        self,
        schedule: &Schedule,
        cursor: Cursor,
        now: Timestamp,
        awake: Timestamp,
    ) -> Option<Due> {
        let latest = schedule.latest(cursor, now)?;
        let (fires, passed) = match self {
            Self::Skip if latest < awake && schedule.is_endless() => (Vec::new(), Some(latest)),
            Self::Skip | Self::Latest => (vec![latest], None),
            Self::All { limit } => (schedule.last_ones(cursor, latest, limit), None),
        };
        // Never behind the old cursor, even for an `at` that lies before the creation.
        let considered = latest.max(cursor.instant());
        Some(Due { fires, passed, cursor: Cursor::Considered(considered) })
    }
}
