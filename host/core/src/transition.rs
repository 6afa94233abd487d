//! What follows from an attempt's end.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    retry::{self, RetryPolicy},
    run::{Fire, RunEnd, RunId, Trigger},
    schedule::Schedule,
    time,
    verdict::Verdict,
};

/// Where a running run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// It is over.
    End(RunEnd),
    /// It waits for its next attempt until this instant.
    Retry(Timestamp),
    /// It waits for a slot again, and the attempt is not counted.
    Refund(Timestamp),
}

/// Moves a running run on. `attempt` is the number of the attempt that ended at
/// `now` with `verdict`.
#[must_use]
pub fn after_attempt(
    policy: &RetryPolicy,
    run: RunId,
    attempt: u32,
    verdict: &Verdict,
    now: Timestamp,
) -> Transition {
    if matches!(verdict, Verdict::Interrupted) {
        return Transition::Refund(now);
    }
    match policy.decide(verdict, attempt, retry::chance(run, attempt)) {
        Some(wait) => Transition::Retry(time::add(now, wait)),
        None => Transition::End(RunEnd::Verdict(verdict.kind())),
    }
}

/// The fire that the end of a run makes: the next run of a continuous task.
#[must_use]
pub fn follow_up(
    schedule: &Schedule,
    fire: &Fire,
    transition: Transition,
    now: Timestamp,
) -> Option<Fire> {
    match (schedule, fire.trigger, transition) {
        (Schedule::Continuous { pause }, Trigger::Continuous, Transition::End(_)) => {
            // At least a microsecond later: the next run is another fire than this one,
            // even where the clock stood still.
            let earliest = time::add(fire.scheduled_for, Duration::from_micros(1));
            let scheduled_for = time::add(now, *pause).max(earliest);
            Some(Fire { task: fire.task.clone(), trigger: Trigger::Continuous, scheduled_for })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::VerdictKind;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn policy(max_attempts: u32) -> RetryPolicy {
        RetryPolicy { max_attempts, jitter: 0.0, ..RetryPolicy::DEFAULT }
    }

    fn fire(trigger: Trigger) -> Fire {
        Fire { task: "pump".parse().unwrap(), trigger, scheduled_for: NOW }
    }

    #[test]
    fn a_failure_is_retried_until_attempts_are_used_up() {
        let failed = Verdict::failed("no");
        assert_eq!(
            after_attempt(&policy(2), RunId(1), 1, &failed, NOW),
            Transition::Retry(time::add(NOW, Duration::from_secs(1)))
        );
        assert_eq!(
            after_attempt(&policy(2), RunId(1), 2, &failed, NOW),
            Transition::End(RunEnd::Verdict(VerdictKind::Failed))
        );
    }

    #[test]
    fn an_interrupted_attempt_is_refunded_even_where_it_was_the_last() {
        assert_eq!(
            after_attempt(&policy(1), RunId(1), 1, &Verdict::Interrupted, NOW),
            Transition::Refund(NOW)
        );
    }

    #[test]
    fn a_lost_attempt_counts() {
        assert_eq!(
            after_attempt(&policy(1), RunId(1), 1, &Verdict::Lost, NOW),
            Transition::End(RunEnd::Verdict(VerdictKind::Lost))
        );
    }

    #[test]
    fn only_the_end_of_a_continuous_run_makes_the_next_one() {
        let schedule = Schedule::Continuous { pause: Duration::from_secs(30) };
        let end = Transition::End(RunEnd::Verdict(VerdictKind::Failed));
        let next = follow_up(&schedule, &fire(Trigger::Continuous), end, NOW).unwrap();
        assert_eq!(next.scheduled_for.as_second(), 30);
        assert_eq!(follow_up(&schedule, &fire(Trigger::Manual), end, NOW), None);
        let retry = Transition::Retry(NOW);
        assert_eq!(follow_up(&schedule, &fire(Trigger::Continuous), retry, NOW), None);
        assert_eq!(follow_up(&Schedule::Manual, &fire(Trigger::Continuous), end, NOW), None);
    }

    #[test]
    fn the_next_run_is_another_fire_even_if_no_time_passed() {
        let schedule = Schedule::Continuous { pause: Duration::ZERO };
        let end = Transition::End(RunEnd::Verdict(VerdictKind::Succeeded));
        let next = follow_up(&schedule, &fire(Trigger::Continuous), end, NOW).unwrap();
        assert!(next.scheduled_for > NOW);
    }
}
