//! Who still holds what.

use horarium_core::{
    Store,
    attempt::Lease,
    run::{RunEnd, RunId, RunState},
    store::{ExpiredLease, Finished},
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};

use crate::given::{at, claim, end, finish, run, running, success, tasks};

pub(crate) async fn a_lease_is_over_at_its_end<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let claimed = running(store, "a", 10).await;
    assert_eq!(store.expired(at(39)).await.unwrap(), []);
    let over = ExpiredLease {
        lease: claimed.lease,
        fire: claimed.fire,
        attempt: 1,
        end_by: None,
        cancelled: false,
        created_at: at(10),
        began_at: at(10),
    };
    assert_eq!(store.expired(at(40)).await.unwrap(), [over]);
}

pub(crate) async fn a_renewed_lease_lasts<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let a = running(store, "a", 10).await.lease;
    let b = running(store, "b", 10).await.lease;
    assert_eq!(store.renew(vec![a], at(60)).await.unwrap(), []);
    let expired = store.expired(at(50)).await.unwrap();
    let leases: Vec<_> = expired.iter().map(|expired| expired.lease).collect();
    assert_eq!(leases, [b], "only the other one is over");
    assert_eq!(store.expired(at(60)).await.unwrap().len(), 2);
}

pub(crate) async fn an_ended_run_has_no_lease_to_expire<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    let [a, b, c] = [
        running(store, "a", 10).await.lease,
        running(store, "b", 10).await.lease,
        running(store, "c", 10).await.lease,
    ];
    store.finish(end(a, 11, success())).await.unwrap();
    let retry = finish(b, 11, Verdict::failed("no"), Transition::Retry(at(12)));
    store.finish(retry).await.unwrap();
    let refund = finish(c, 11, Verdict::Interrupted, Transition::Refund(at(12)));
    store.finish(refund).await.unwrap();
    assert_eq!(store.expired(at(9999)).await.unwrap(), []);
}

pub(crate) async fn an_expired_lease_is_held_until_its_end_is_recorded<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    assert_eq!(store.expired(at(99)).await.unwrap().len(), 1);
    assert_eq!(store.expired(at(99)).await.unwrap().len(), 1, "seeing is free");

    let lost = store.finish(end(lease, 99, Verdict::Lost)).await;
    assert!(lost.unwrap().is_recorded());
    let state = run(store, lease.run).await.state;
    assert_eq!(state, RunState::Ended(RunEnd::Verdict(VerdictKind::Lost)));
    let late = store.finish(end(lease, 100, success())).await;
    assert_eq!(late.unwrap(), Finished::Superseded, "the holder is too late");
}

pub(crate) async fn leases_that_are_lost_are_reported<S: Store>(store: &S) {
    tasks(store, &["ended", "taken-over", "held"]).await;
    let ended = running(store, "ended", 10).await.lease;
    store.finish(end(ended, 11, success())).await.unwrap();
    let older = running(store, "taken-over", 10).await.lease;
    let retry = finish(older, 11, Verdict::Lost, Transition::Retry(at(12)));
    store.finish(retry).await.unwrap();
    let newer = claim(store, 1, 12).await[0].lease;
    let held = running(store, "held", 12).await.lease;
    let unknown = Lease { run: RunId(12345), number: 1 };
    let leases = vec![held, ended, older, newer, unknown];
    let lost = store.renew(leases, at(60)).await.unwrap();
    assert_eq!(lost, [ended, older, unknown]);
}

pub(crate) async fn renewing_a_lost_lease_changes_nothing<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let older = running(store, "a", 10).await.lease;
    let retry = finish(older, 11, Verdict::Lost, Transition::Retry(at(12)));
    store.finish(retry).await.unwrap();
    let newer = claim(store, 1, 12).await[0].lease;
    store.renew(vec![older], at(9999)).await.unwrap();
    let expired = store.expired(at(42)).await.unwrap();
    assert_eq!(expired[0].lease, newer, "its end is still its own");
}
