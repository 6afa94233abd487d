//! Where the current time comes from.

use jiff::Timestamp;

/// The wall clock as a value, so that a year of scheduling runs in a test in
/// seconds.
pub trait Clock: Send + Sync + 'static {
    /// The current time, at the precision of
    /// [`to_stored_precision`](crate::time::to_stored_precision).
    fn now(&self) -> Timestamp;
}
