//! Wall-clock arithmetic that saturates instead of failing.
//!
//! Instants are [`jiff::Timestamp`] at microsecond precision, which is what the
//! store keeps. Lengths of time are [`std::time::Duration`].

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// `instant + length`, or the last representable instant.
#[must_use]
pub fn add(instant: Timestamp, length: Duration) -> Timestamp {
    SignedDuration::try_from(length)
        .ok()
        .and_then(|length| instant.checked_add(length).ok())
        .map_or(Timestamp::MAX, to_stored_precision)
}

/// `instant - length`, or the first representable instant.
#[must_use]
pub fn sub(instant: Timestamp, length: Duration) -> Timestamp {
    SignedDuration::try_from(length)
        .ok()
        .and_then(|length| instant.checked_sub(length).ok())
        .map_or(Timestamp::MIN, to_stored_precision)
}

/// The time from `earlier` to `later`, or zero where `later` is not later.
#[must_use]
pub fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

/// `instant` without what is below a microsecond, so that a stored instant
/// equals the one it was stored from.
#[must_use]
pub fn to_stored_precision(instant: Timestamp) -> Timestamp {
    // By nanoseconds: `from_microsecond` refuses the last second there is.
    let nanosecond = i128::from(instant.as_microsecond()) * 1_000;
    Timestamp::from_nanosecond(nanosecond).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate() {
        assert_eq!(add(Timestamp::MAX, Duration::from_secs(1)), Timestamp::MAX);
        assert_eq!(add(Timestamp::UNIX_EPOCH, Duration::MAX), Timestamp::MAX);
        assert_eq!(sub(Timestamp::MIN, Duration::from_secs(1)), Timestamp::MIN);
        assert_eq!(sub(Timestamp::UNIX_EPOCH, Duration::MAX), Timestamp::MIN);
        assert_eq!(between(Timestamp::MAX, Timestamp::MIN), Duration::ZERO);
    }

    #[test]
    fn stored_precision_is_stable() {
        let fine = Timestamp::from_nanosecond(1_234_567_891).unwrap();
        let stored = to_stored_precision(fine);
        assert_eq!(stored.as_nanosecond(), 1_234_567_000);
        assert_eq!(to_stored_precision(stored), stored);
        let last = to_stored_precision(Timestamp::MAX);
        assert_eq!(last.as_microsecond(), Timestamp::MAX.as_microsecond());
    }
}
