//! What follows from an attempt's end.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    attempt::Lease,
    retry::{self, Restart},
    rules::{OnLost, Rules},
    run::{Fire, RunEnd, Trigger},
    schedule::Schedule,
    time,
    verdict::{Verdict, VerdictKind},
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

/// An attempt that is over.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// The lease under which it ran, which also names the run.
    pub lease: Lease,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// How it ended.
    pub verdict: &'a Verdict,
    /// What its plugin wants to follow.
    pub restart: Restart,
    /// Whether any guest code may have run.
    pub begun: bool,
    /// When it ended.
    pub at: Timestamp,
    /// By when the run has to be over.
    pub deadline: Option<Timestamp>,
}

/// Moves a running run on.
#[must_use]
pub fn after_attempt(rules: &Rules, ended: &Ended<'_>) -> Transition {
    let Ended { lease, attempt, verdict, restart, begun, at, deadline } = *ended;
    if matches!(verdict, Verdict::Conflicted { .. }) {
        return after_conflict(ended);
    }
    if matches!(verdict, Verdict::Interrupted) {
        // How far it came nobody knows.
        return match rules.on_lost {
            OnLost::Fail if begun => Transition::End(RunEnd::Verdict(VerdictKind::Lost)),
            OnLost::Fail | OnLost::Retry => Transition::Refund(at),
        };
    }
    let chance = retry::chance(lease.run, attempt);
    let wait = rules.retry.decide(rules.on_lost, verdict, restart, attempt, chance);
    match wait.map(|wait| time::add(at, wait)) {
        // An attempt after the deadline would be none.
        Some(next) if deadline.is_none_or(|deadline| next < deadline) => Transition::Retry(next),
        _ => Transition::End(RunEnd::Verdict(verdict.kind())),
    }
}

/// The wait after a run's first conflict.
const FIRST_CONFLICT: Duration = Duration::from_millis(10);

/// How many times that wait is doubled, up to about ten seconds.
const DOUBLINGS: u32 = 10;

/// Moves a run on whose attempt succeeded, but had read what another run has changed since:
/// it is tried again, and the attempt is not counted.
///
/// One of two that are in each other's way has always been recorded, so that there is
/// progress; the waits, each at random between half and all of itself, see to it that
/// the same one is not always the other.
#[must_use]
pub fn after_conflict(ended: &Ended<'_>) -> Transition {
    let Ended { lease, attempt, at, deadline, .. } = *ended;
    // Leases that did not count.
    let refunds = u32::try_from(lease.number - i64::from(attempt)).unwrap_or(0);
    let whole = FIRST_CONFLICT * (1 << refunds.min(DOUBLINGS));
    let chance = retry::chance(lease.run, attempt.wrapping_add(refunds));
    let next = time::add(at, whole.mul_f64((1.0 + chance) / 2.0));
    match deadline.is_none_or(|deadline| next < deadline) {
        true => Transition::Refund(next),
        false => Transition::End(RunEnd::Verdict(VerdictKind::Conflicted)),
    }
}

/// The nominal instant of the run that follows once this one is over, the next one of a
/// continuous task, and when it is due.
#[must_use]
pub fn follow_up(
    schedule: &Schedule,
    fire: &Fire,
    now: Timestamp,
) -> Option<(Timestamp, Timestamp)> {
    match (schedule, fire.trigger) {
        (Schedule::Continuous { pause }, Trigger::Continuous) => {
            // At least a microsecond later: the next run is another fire than this one,
            // even where the clock stood still or went back. For that nobody waits.
            let earliest = time::add(fire.scheduled_for, Duration::from_micros(1));
            let due_at = time::add(now, *pause);
            Some((due_at.max(earliest), due_at))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{retry::RetryPolicy, run::RunId};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    const LEASE: Lease = Lease { run: RunId(1), number: 1 };

    fn rules(max_attempts: u32) -> Rules {
        let retry = RetryPolicy { max_attempts, jitter: 0.0, ..RetryPolicy::DEFAULT };
        Rules { retry, ..Rules::default() }
    }

    fn after(rules: &Rules, attempt: u32, verdict: &Verdict) -> Transition {
        let (lease, at, deadline) = (LEASE, NOW, None);
        after_attempt(
            rules,
            &Ended {
                lease,
                attempt,
                verdict,
                restart: Restart::ByPolicy,
                begun: true,
                at,
                deadline,
            },
        )
    }

    fn fire(trigger: Trigger) -> Fire {
        Fire { task: "pump".parse().unwrap(), trigger, scheduled_for: NOW }
    }

    #[test]
    fn a_failure_is_retried_until_attempts_are_used_up() {
        let failed = Verdict::failed("no");
        assert_eq!(
            after(&rules(2), 1, &failed),
            Transition::Retry(time::add(NOW, Duration::from_secs(1)))
        );
        assert_eq!(
            after(&rules(2), 2, &failed),
            Transition::End(RunEnd::Verdict(VerdictKind::Failed))
        );
    }

    #[test]
    fn an_interrupted_attempt_is_refunded_even_where_it_was_the_last() {
        assert_eq!(after(&rules(1), 1, &Verdict::Interrupted), Transition::Refund(NOW));
    }

    #[test]
    fn a_lost_attempt_counts() {
        assert_eq!(
            after(&rules(1), 1, &Verdict::Lost),
            Transition::End(RunEnd::Verdict(VerdictKind::Lost))
        );
    }

    #[test]
    fn at_most_once_means_that_a_lost_attempt_is_the_last() {
        let rules = Rules { on_lost: OnLost::Fail, ..rules(5) };
        let lost = Transition::End(RunEnd::Verdict(VerdictKind::Lost));
        assert_eq!(after(&rules, 1, &Verdict::Lost), lost);
        assert_eq!(after(&rules, 1, &Verdict::Interrupted), lost, "its guest had begun");
        assert!(matches!(after(&rules, 1, &Verdict::failed("no")), Transition::Retry(_)));
    }

    #[test]
    fn no_attempt_begins_after_the_deadline() {
        let failed = Verdict::failed("no");
        let until = |deadline: Duration| {
            let deadline = Some(time::add(NOW, deadline));
            let (lease, verdict, begun) = (LEASE, &failed, true);
            let (attempt, restart) = (1, Restart::ByPolicy);
            let ended = Ended { lease, attempt, verdict, restart, begun, at: NOW, deadline };
            after_attempt(&rules(2), &ended)
        };
        let over = Transition::End(RunEnd::Verdict(VerdictKind::Failed));
        assert_eq!(until(Duration::from_secs(1)), over);
        assert!(matches!(until(Duration::from_millis(1_001)), Transition::Retry(_)));
    }

    #[test]
    fn a_conflict_costs_no_attempt_and_the_waits_grow() {
        let success = Verdict::Succeeded { output: None };
        let (verdict, begun) = (&success, true);
        let wait = |number, deadline| {
            let lease = Lease { number, ..LEASE };
            let (attempt, restart) = (1, Restart::ByPolicy);
            let ended = Ended { lease, attempt, verdict, restart, begun, at: NOW, deadline };
            match after_conflict(&ended) {
                Transition::Refund(next) => Some(time::between(NOW, next)),
                Transition::End(RunEnd::Verdict(VerdictKind::Conflicted)) => None,
                other => panic!("{other:?}"),
            }
        };
        for (leases, whole) in [(1, 10), (2, 20), (5, 160), (1_000_000, 10_240)] {
            let waits = wait(leases, None).unwrap();
            let whole = Duration::from_millis(whole);
            assert!(whole / 2 <= waits && waits <= whole, "{leases}: {waits:?}");
        }
        let deadline = Some(time::add(NOW, Duration::from_secs(1)));
        assert!(wait(2, deadline).is_some());
        assert_eq!(wait(20, deadline), None);
    }

    #[test]
    fn only_a_continuous_run_is_followed_by_another_one() {
        let schedule = Schedule::Continuous { pause: Duration::from_secs(30) };
        let next = follow_up(&schedule, &fire(Trigger::Continuous), NOW).unwrap();
        assert_eq!((next.0.as_second(), next.1.as_second()), (30, 30));
        assert_eq!(follow_up(&schedule, &fire(Trigger::Manual), NOW), None);
        assert_eq!(follow_up(&Schedule::Manual, &fire(Trigger::Continuous), NOW), None);
    }

    #[test]
    fn the_next_run_is_another_fire_even_if_no_time_passed() {
        let schedule = Schedule::Continuous { pause: Duration::ZERO };
        let next = follow_up(&schedule, &fire(Trigger::Continuous), NOW).unwrap();
        assert!(next.0 > NOW);
    }

    #[test]
    fn a_clock_that_went_back_keeps_no_chain_waiting() {
        let schedule = Schedule::Continuous { pause: Duration::from_secs(5) };
        let hour_ago = time::sub(NOW, Duration::from_hours(1));
        let next = follow_up(&schedule, &fire(Trigger::Continuous), hour_ago).unwrap();
        assert_eq!(
            next,
            (time::add(NOW, Duration::from_micros(1)), time::add(hour_ago, Duration::from_secs(5)))
        );
    }
}
