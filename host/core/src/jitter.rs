//! Spreads tasks that are due at the same instant.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    name::TaskName,
    schedule::{Cursor, Schedule},
    time,
};

/// When a fire's run may start: up to `longest` after its nominal instant, and before
/// the next one. Always the same for the same fire, so that it does not matter who
/// computes it, or how often.
#[must_use]
pub fn due_at(
    schedule: &Schedule,
    longest: Duration,
    task: &TaskName,
    scheduled_for: Timestamp,
) -> Timestamp {
    let next = schedule.next(Cursor::Considered(scheduled_for));
    let room = next.map_or(longest, |next| time::between(scheduled_for, next).min(longest));
    let room = u64::try_from(room.as_micros()).unwrap_or(u64::MAX);
    match hash(task, scheduled_for).checked_rem(room) {
        Some(delay) => time::add(scheduled_for, Duration::from_micros(delay)),
        None => scheduled_for,
    }
}

/// FNV-1a (Fowler, Noll, Vo; <https://datatracker.ietf.org/doc/html/rfc9923>) of the
/// name and the instant, stirred by the end of SplitMix64 (Steele, Lea, Flood, 2014):
/// the same on every machine and in every version.
fn hash(task: &TaskName, scheduled_for: Timestamp) -> u64 {
    let instant = scheduled_for.as_microsecond().to_le_bytes();
    let bytes = task.as_str().bytes().chain(instant);
    let mut z = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::Every;

    fn minutely() -> Schedule {
        Schedule::Every(Every::new(Duration::from_secs(60), Duration::ZERO).unwrap())
    }

    fn name(number: u32) -> TaskName {
        format!("task-{number}").parse().unwrap()
    }

    proptest! {
        #[test]
        fn a_run_is_late_by_no_more_than_it_may(minute in 0_i64..30_000_000, s in 0_u64..200, n: u32) {
            let at = Timestamp::from_second(minute * 60).unwrap();
            let due = due_at(&minutely(), Duration::from_secs(s), &name(n), at);
            let late = time::between(at, due);
            prop_assert!(due >= at && late <= Duration::from_secs(s));
            prop_assert!(late < Duration::from_secs(60), "before the next one");
            prop_assert_eq!(due, due_at(&minutely(), Duration::from_secs(s), &name(n), at));
        }
    }

    #[test]
    fn tasks_are_spread() {
        let longest = Duration::from_secs(10);
        let mut tenths = [0; 10];
        for n in 0..10_000 {
            let due = due_at(&minutely(), longest, &name(n), Timestamp::UNIX_EPOCH);
            tenths[usize::try_from(due.as_second()).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1_150).contains(count)), "{tenths:?}");
    }

    #[test]
    fn a_single_run_has_no_next_one_to_stay_before() {
        let at = Timestamp::UNIX_EPOCH;
        let due = due_at(&Schedule::At(at), Duration::from_secs(9), &name(1), at);
        assert!(time::between(at, due) < Duration::from_secs(9));
        assert_eq!(due_at(&Schedule::At(at), Duration::ZERO, &name(1), at), at);
    }
}
