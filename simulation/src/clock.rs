//! The wall clock of a simulated host.

use std::sync::{Arc, Mutex, PoisonError};

use horarium_core::{Clock, time};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// What tokio's paused clock says, and as much more or less as somebody has set it to.
#[derive(Clone)]
pub(crate) struct SimulatedClock {
    start: Instant,
    set: Arc<Mutex<SignedDuration>>,
    /// The latest time that it ever showed.
    latest: Arc<Mutex<Timestamp>>,
}

impl SimulatedClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), set: Arc::default(), latest: Arc::default() }
    }

    /// Sets it ahead, or back.
    pub(crate) fn set_by(&self, length: SignedDuration) {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        *set = set.saturating_add(length);
    }

    /// Sets it to where it would be had nobody set it back.
    pub(crate) fn catch_up(&self) {
        let now = self.now();
        let latest = *self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        self.set_by(latest.duration_since(now));
    }

    /// When the simulation began.
    pub(crate) fn origin() -> Timestamp {
        Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        let steady = time::add(Self::origin(), self.start.elapsed());
        let set = *self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let now = time::to_stored_precision(steady.checked_add(set).unwrap_or(steady));
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = now.max(*latest);
        now
    }
}
