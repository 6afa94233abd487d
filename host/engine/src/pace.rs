//! The wall clock beside a clock that never jumps.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// What both clocks said when they were compared last.
pub(crate) struct Pace {
    wall: Timestamp,
    steady: Instant,
}

impl Pace {
    /// Compares for the first time.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { wall: now, steady: Instant::now() }
    }

    /// How far the wall clock has run ahead since the last comparison: because it was
    /// set, or because the machine slept. Less than nothing where it fell behind.
    pub(crate) fn drift(&mut self, now: Timestamp) -> SignedDuration {
        let before = std::mem::replace(self, Self::new(now));
        let steadily = SignedDuration::try_from(self.steady - before.steady);
        now.duration_since(before.wall) - steadily.unwrap_or(SignedDuration::MAX)
    }
}
