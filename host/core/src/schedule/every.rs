//! A fixed pace, aligned to the epoch, so that a restart or a second node
//! computes the same instants.

use std::{fmt, time::Duration};

use jiff::Timestamp;

/// Every `period`, shifted by `offset` from the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Every {
    period_us: i64,
    offset_us: i64,
}

/// Why there is no such pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EveryError {
    /// Shorter than what a scheduler that writes down every run can mean.
    #[error("the period must be at least 1ms")]
    TooShort,
    /// Longer than the calendar.
    #[error("the period must be at most 100 years")]
    TooLong,
    /// The offset would skip instants.
    #[error("the offset must be shorter than the period")]
    OffsetTooLong,
}

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

impl Every {
    /// A pace of `period`; its instants are `offset` after whole periods since
    /// 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// Where the period is out of range or the offset not shorter than it.
    pub fn new(period: Duration, offset: Duration) -> Result<Self, EveryError> {
        if period < SHORTEST {
            return Err(EveryError::TooShort);
        }
        if period > LONGEST {
            return Err(EveryError::TooLong);
        }
        if offset >= period {
            return Err(EveryError::OffsetTooLong);
        }
        let micros = |length: Duration| i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        Ok(Self { period_us: micros(period), offset_us: micros(offset) })
    }

    /// The first instant at or after `from`.
    #[must_use]
    pub fn next_from(&self, from: Timestamp) -> Option<Timestamp> {
        // An instant that lies between two microseconds is not reached by rounding it down.
        let floor = from.as_microsecond();
        let whole = Timestamp::from_microsecond(floor).is_ok_and(|rounded| rounded >= from);
        let from = if whole { floor } else { floor.checked_add(1)? };
        let past = from.checked_sub(self.offset_us)?.rem_euclid(self.period_us);
        let wait = if past == 0 { 0 } else { self.period_us - past };
        Timestamp::from_microsecond(from.checked_add(wait)?).ok()
    }

    /// The first instant after `after`.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let next = after.as_microsecond().checked_add(1)?;
        self.next_from(Timestamp::from_microsecond(next).ok()?)
    }

    /// The last instant at or before `until`.
    #[must_use]
    pub fn previous(&self, until: Timestamp) -> Option<Timestamp> {
        let until = until.as_microsecond();
        let past = until.checked_sub(self.offset_us)?.rem_euclid(self.period_us);
        Timestamp::from_microsecond(until.checked_sub(past)?).ok()
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |us: i64| crate::limits::show_duration(Duration::from_micros(us.unsigned_abs()));
        write!(f, "every {}", show(self.period_us))?;
        if self.offset_us > 0 {
            write!(f, " offset {}", show(self.offset_us))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paces() -> impl Strategy<Value = Every> {
        (1_000_u64..100_000_000_000).prop_flat_map(|period| {
            (0..period).prop_map(move |offset| {
                Every::new(Duration::from_micros(period), Duration::from_micros(offset)).unwrap()
            })
        })
    }

    fn instants() -> impl Strategy<Value = Timestamp> {
        (-4_000_000_000_000_000_i64..8_000_000_000_000_000)
            .prop_map(|us| Timestamp::from_microsecond(us).unwrap())
    }

    proptest! {
        #[test]
        fn instants_are_one_period_apart(every in paces(), from in instants()) {
            let first = every.next_from(from).unwrap();
            let second = every.next_after(first).unwrap();
            prop_assert!(first >= from);
            prop_assert_eq!(second.as_microsecond() - first.as_microsecond(), every.period_us);
            prop_assert_eq!(every.next_from(first), Some(first));
            prop_assert_eq!((first.as_microsecond() - every.offset_us).rem_euclid(every.period_us), 0);
        }

        #[test]
        fn previous_undoes_next(every in paces(), from in instants()) {
            let next = every.next_after(from).unwrap();
            let previous = every.previous(from).unwrap();
            prop_assert!(previous <= from && from < next);
            prop_assert_eq!(every.next_after(previous), Some(next));
        }
    }

    #[test]
    fn impossible_paces_are_refused() {
        let second = Duration::from_secs(1);
        assert_eq!(Every::new(Duration::ZERO, Duration::ZERO), Err(EveryError::TooShort));
        assert_eq!(Every::new(Duration::MAX, Duration::ZERO), Err(EveryError::TooLong));
        assert_eq!(Every::new(second, second), Err(EveryError::OffsetTooLong));
    }

    #[test]
    fn a_fraction_of_a_microsecond_counts() {
        let every = Every::new(Duration::from_secs(1), Duration::ZERO).unwrap();
        let just_after = Timestamp::from_nanosecond(1).unwrap();
        assert_eq!(every.next_from(just_after).unwrap().as_second(), 1);
        let just_before = Timestamp::from_nanosecond(-1).unwrap();
        assert_eq!(every.next_from(just_before).unwrap().as_second(), 0);
        assert_eq!(every.next_from(Timestamp::MAX), None);
    }
}
