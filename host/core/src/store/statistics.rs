//! What a history says of many runs at once.

use jiff::Timestamp;
use serde::Serialize;

use crate::run::{RunId, RunState};

/// How many runs ended in one way within an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The beginning of the hour; none for all that ended [long ago](Statistics::HOURS).
    pub hour: Option<Timestamp>,
    /// How they ended, by the [word](RunState::as_str) of their state.
    pub state: String,
    /// How many.
    pub runs: u64,
}

/// What has become of runs, and what waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// All that ever ended, forgotten runs included; oldest hour first.
    pub ended: Vec<Ended>,
    /// What waits.
    pub queue: Queue,
}

impl Statistics {
    /// For so many hours it is kept in which one runs ended, at least. What ended before
    /// that ended long ago. A week and a day.
    pub const HOURS: u32 = 192;
}

/// The runs that wait, by what for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Queue {
    /// For room on the host, or for the host to go on.
    pub ready: u64,
    /// For their time.
    pub later: u64,
    /// For an earlier run of their task to be over.
    pub held: u64,
    /// For their task: that is paused, or not in the configuration.
    pub parked: u64,
    /// Since when the one has been due that has waited longest for room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
}

impl Queue {
    /// No more than this are counted of each: to count takes as long as there are runs.
    pub const MOST: u32 = 100_000;
}

/// The runs that wait, and whether anything may start: all that it takes to tell at a glance
/// how a host does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The runs.
    pub queue: Queue,
    /// Since when nothing starts, where that is so.
    pub paused_at: Option<Timestamp>,
    /// How many tasks are put aside each by itself, of those that the configuration has.
    pub aside: u64,
}

/// A run that is over, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recent {
    /// Its number.
    pub run: RunId,
    /// How it ended.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub state: RunState,
    /// The nominal instant.
    pub scheduled_for: Timestamp,
    /// When its first attempt began; none where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How many attempts it has used.
    pub attempts: u32,
    /// Microseconds that its last attempt took; none where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_us: Option<u64>,
    /// Fuel that its last attempt used, where it was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// The most bytes that its last attempt's memories held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
}
