//! How an attempt ended and what follows.

use std::time::Duration;

use horarium_core::{
    Store,
    overlap::SkipReason,
    run::{RunEnd, RunState, Trigger},
    store::{Finish, Finished, NewFire},
    transition::Transition,
    verdict::{Trap, Verdict, VerdictKind},
};

use crate::given::{at, claim, end, finish, fire, name, run, running, runs, success, tasks};

pub(crate) async fn a_success_keeps_its_output<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let output = Some(r#"{"rows": 3}"#.to_owned());
    let success = end(lease, 12, Verdict::Succeeded { output });
    assert!(store.finish(success).await.unwrap().is_recorded());

    let view = run(store, lease.run).await;
    let state = RunState::Ended(RunEnd::Verdict(VerdictKind::Succeeded));
    assert_eq!(view.state, state);
    assert_eq!(view.output.as_deref(), Some(r#"{"rows": 3}"#));
    assert_eq!((view.started_at, view.ended_at), (Some(at(10)), Some(at(12))));
    assert_eq!((view.attempts, view.due_at, view.error), (1, None, None));
}

pub(crate) async fn every_verdict_ends_a_run_in_the_state_of_its_name<S: Store>(store: &S) {
    let verdicts = [
        success(),
        Verdict::failed_for_good("no"),
        Verdict::TimedOut { limit: Duration::from_secs(5) },
        Verdict::OutOfFuel { limit: 7 },
        Verdict::OutOfMemory { limit: 1, wanted: 2 },
        Verdict::Trapped(Trap { message: "unreachable".to_owned(), backtrace: Vec::new() }),
        Verdict::Cancelled,
        Verdict::Lost,
    ];
    tasks(store, &["a"]).await;
    for (second, verdict) in (10..).zip(verdicts) {
        let lease = running(store, "a", second).await.lease;
        store.finish(end(lease, second, verdict.clone())).await.unwrap();
        let view = run(store, lease.run).await;
        let state = RunState::Ended(RunEnd::Verdict(verdict.kind()));
        assert_eq!(view.state, state);
        assert_eq!(view.error, verdict.error());
        let attempts = store.attempts(lease.run).await.unwrap();
        assert_eq!(attempts[0].verdict, Some(verdict.kind()));
        assert_eq!(attempts[0].error, verdict.error());
    }
}

pub(crate) async fn a_run_that_ends_as_skipped_keeps_its_reason<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let skipped = RunEnd::Skipped(SkipReason::Overlap);
    let ended = finish(lease, 11, Verdict::Cancelled, Transition::End(skipped));
    store.finish(ended).await.unwrap();
    let view = run(store, lease.run).await;
    assert_eq!(view.state, RunState::Ended(skipped));
    assert_eq!(view.reason.as_deref(), Some("overlap"));
}

pub(crate) async fn a_retry_waits_for_its_time<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let retry = Transition::Retry(at(50));
    let failed = finish(lease, 12, Verdict::failed("no route"), retry);
    assert!(store.finish(failed).await.unwrap().is_recorded());

    let view = run(store, lease.run).await;
    assert_eq!(view.state, RunState::RetryWait);
    assert_eq!((view.due_at, view.ended_at), (Some(at(50)), None));
    assert_eq!(view.error.as_deref(), Some("no route"));
    assert_eq!(view.attempts, 1);
    assert_eq!(claim(store, 9, 49).await, []);
    let next = claim(store, 9, 50).await.remove(0);
    assert_eq!((next.lease.run, next.attempt), (lease.run, 2));
}

pub(crate) async fn a_refunded_attempt_is_not_counted<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let refund = Transition::Refund(at(12));
    let drained = finish(lease, 12, Verdict::Interrupted, refund);
    assert!(store.finish(drained).await.unwrap().is_recorded());

    let view = run(store, lease.run).await;
    assert_eq!(view.state, RunState::Scheduled);
    assert_eq!((view.due_at, view.ended_at), (Some(at(12)), None));
    assert_eq!(view.attempts, 0);
    let next = claim(store, 9, 12).await.remove(0);
    assert_eq!((next.lease.number, next.attempt), (2, 1));
    let attempts = store.attempts(lease.run).await.unwrap();
    assert_eq!(attempts.len(), 2, "but it is in the history");
    assert_eq!(attempts[0].verdict, Some(VerdictKind::Interrupted));
}

pub(crate) async fn a_success_forgets_the_error_before_it<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let failed = finish(lease, 11, Verdict::failed("no"), Transition::Retry(at(12)));
    store.finish(failed).await.unwrap();
    let lease = claim(store, 1, 12).await[0].lease;
    store.finish(end(lease, 13, success())).await.unwrap();
    assert_eq!(run(store, lease.run).await.error, None);
    let attempts = store.attempts(lease.run).await.unwrap();
    assert_eq!(attempts[0].error.as_deref(), Some("no"), "history does not");
}

pub(crate) async fn the_first_start_stays_the_start<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let failed = finish(lease, 11, Verdict::failed("no"), Transition::Retry(at(50)));
    store.finish(failed).await.unwrap();
    claim(store, 1, 50).await;
    assert_eq!(run(store, lease.run).await.started_at, Some(at(10)));
}

pub(crate) async fn what_is_over_stays_over<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    store.finish(end(lease, 11, Verdict::Cancelled)).await.unwrap();
    let over = run(store, lease.run).await;

    for transition in [Transition::Retry(at(12)), Transition::Refund(at(12))] {
        let late = finish(lease, 12, Verdict::Lost, transition);
        assert_eq!(store.finish(late).await.unwrap(), Finished::Superseded);
    }
    store.renew(vec![lease], at(99)).await.unwrap();
    tasks(store, &[]).await;
    tasks(store, &["a"]).await;
    assert_eq!(claim(store, 9, 9999).await, []);
    assert_eq!(store.expired(at(9999)).await.unwrap(), []);
    assert_eq!(run(store, lease.run).await, over);
}

fn with_follow_up(finish: Finish, second: i64) -> Finish {
    Finish { follow_up: Some(NewFire::at(at(second))), ..finish }
}

pub(crate) async fn a_follow_up_makes_one_run<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let ended = with_follow_up(end(lease, 12, success()), 60);
    assert!(store.finish(ended.clone()).await.unwrap().is_recorded());
    assert_eq!(store.finish(ended).await.unwrap(), Finished::Superseded);

    let runs = runs(store).await;
    assert_eq!(runs.len(), 2);
    let next = &runs[0];
    assert_eq!(next.task, name("a"));
    assert_eq!(next.trigger, Trigger::Schedule, "as that of the one before");
    assert_eq!(next.state, RunState::Scheduled);
    assert_eq!((next.scheduled_for, next.due_at), (at(60), Some(at(60))));
    assert_eq!(next.created_at, at(12));
    assert_eq!(claim(store, 9, 60).await[0].lease.run, next.run);
}

pub(crate) async fn a_follow_up_that_has_fired_before_makes_none<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    for second in [10, 20] {
        let lease = running(store, "a", second).await.lease;
        let ended = with_follow_up(end(lease, second, success()), 15);
        assert!(store.finish(ended).await.unwrap().is_recorded());
        for follow_up in claim(store, 9, 15).await {
            store.finish(end(follow_up.lease, 16, success())).await.unwrap();
        }
    }
    assert_eq!(runs(store).await.len(), 3);
    assert_eq!(fire(store, "a", 30).await.run, runs(store).await[0].run);
}
