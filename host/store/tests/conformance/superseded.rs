//! What is written by somebody who does not hold the lease any more: nothing.

use horarium_core::{
    History, Store,
    attempt::Lease,
    log::{Level, LogLine},
    run::{RunEnd, RunId, RunState},
    store::{AttemptView, Finish, Finished, LineView, LogQuery, NewFire, RunView},
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};

use crate::given::{at, claim, end, finish, fire, run, running, runs, success, tasks};

/// An end with everything that an end can have.
fn full_end(lease: Lease) -> Finish {
    let output = Some(r#""late""#.to_owned());
    Finish {
        follow_up: Some(NewFire::at(at(100))),
        log: vec![LogLine::of_host(at(50), Level::Error, "late")],
        ..end(lease, 50, Verdict::Succeeded { output })
    }
}

type Everything = (Vec<RunView>, Vec<AttemptView>, Vec<LineView>);

async fn everything<S: History + Store>(store: &S, run: RunId) -> Everything {
    let log = LogQuery::whole(run);
    (runs(store).await, store.attempts(run).await.unwrap(), store.log(log).await.unwrap())
}

async fn is_discarded<S: Store>(store: &S, lease: Lease) {
    let before = everything(store, lease.run).await;
    let late = store.finish(full_end(lease)).await;
    assert_eq!(late.unwrap(), Finished::Superseded);
    assert_eq!(everything(store, lease.run).await, before);
}

pub(crate) async fn a_second_end_is_discarded<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let first = store.finish(end(lease, 11, Verdict::Cancelled)).await;
    assert!(first.unwrap().is_recorded());
    is_discarded(store, lease).await;
}

pub(crate) async fn an_end_under_an_older_lease_is_discarded_whole<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let older = running(store, "a", 10).await.lease;
    let lost = finish(older, 40, Verdict::Lost, Transition::Retry(at(41)));
    store.finish(lost).await.unwrap();
    let newer = claim(store, 1, 41).await[0].lease;
    is_discarded(store, older).await;

    let current = store.finish(full_end(newer)).await;
    assert!(current.unwrap().is_recorded(), "the holder's counts");
    assert_eq!(run(store, newer.run).await.output.as_deref(), Some(r#""late""#));
}

pub(crate) async fn an_end_of_a_waiting_run_is_discarded<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let run = fire(store, "a", 10).await.run;
    is_discarded(store, Lease { run, number: 0 }).await;
    is_discarded(store, Lease { run, number: 1 }).await;
    let lease = claim(store, 1, 10).await[0].lease;
    let refund = Transition::Refund(at(11));
    let drained = finish(lease, 11, Verdict::Interrupted, refund);
    store.finish(drained).await.unwrap();
    is_discarded(store, lease).await;
}

pub(crate) async fn an_end_of_a_run_that_never_was_is_discarded<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let run = RunId(12345);
    is_discarded(store, Lease { run, number: 1 }).await;
    assert_eq!(runs(store).await, []);
}

pub(crate) async fn of_two_ends_at_once_one_is_recorded<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let (holder, sweeper) = tokio::join!(
        store.finish(end(lease, 40, success())),
        store.finish(end(lease, 40, Verdict::Lost)),
    );
    let winner = match (holder.unwrap(), sweeper.unwrap()) {
        (Finished::Recorded { .. }, Finished::Superseded) => VerdictKind::Succeeded,
        (Finished::Superseded, Finished::Recorded { .. }) => VerdictKind::Lost,
        both => panic!("{both:?}"),
    };
    let state = run(store, lease.run).await.state;
    assert_eq!(state, RunState::Ended(RunEnd::Verdict(winner)));
    let attempts = store.attempts(lease.run).await.unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0].verdict, Some(winner));
}
