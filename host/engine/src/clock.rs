//! The machine's own clock.

use horarium_core::{Clock, time::to_stored_precision};
use jiff::Timestamp;

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        to_stored_precision(Timestamp::now())
    }
}
