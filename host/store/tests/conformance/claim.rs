//! Handing out work.

use std::collections::HashSet;

use horarium_core::{
    Store,
    run::{Fire, RunState, Trigger},
    store::{Claim, Claims},
    transition::Transition,
    verdict::Verdict,
};

use crate::given::{at, claim, due, finish, fire, name, run, running, tasks};

fn wish(limit: u32, now: i64) -> Claim {
    Claim { node: "here".to_owned(), limit, now: at(now), until: at(now + 30) }
}

fn names(claims: &Claims) -> Vec<&str> {
    let tasks = claims.runs.iter().map(|run| run.fire.task.as_str());
    tasks.collect()
}

pub(crate) async fn the_longest_due_comes_first<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    for (task, second) in [("a", 20), ("b", 30), ("c", 10)] {
        fire(store, task, second).await;
    }
    let claims = store.claim(wish(9, 99)).await.unwrap();
    assert_eq!(names(&claims), ["c", "a", "b"]);
}

pub(crate) async fn nothing_is_handed_out_before_it_is_due<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    store.record_fires(vec![due("a", &[10])], at(5)).await.unwrap();
    assert_eq!(claim(store, 9, 9).await, []);
    assert_eq!(claim(store, 9, 10).await.len(), 1);
}

pub(crate) async fn no_more_than_the_limit_is_handed_out<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    for (task, second) in [("a", 20), ("b", 30), ("c", 10)] {
        fire(store, task, second).await;
    }
    let claims = store.claim(wish(2, 99)).await.unwrap();
    assert_eq!(names(&claims), ["c", "a"]);
    let claims = store.claim(wish(2, 99)).await.unwrap();
    assert_eq!(names(&claims), ["b"]);
}

pub(crate) async fn a_limit_of_nothing_still_tells_when_to_come_back<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    fire(store, "a", 10).await;
    let claims = store.claim(wish(0, 5)).await.unwrap();
    assert_eq!(claims.runs, []);
    assert_eq!(claims.next_due, Some(at(10)));
}

pub(crate) async fn the_next_due_instant_is_that_of_what_is_left<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    for (task, second) in [("a", 10), ("b", 20), ("c", 70)] {
        store.record_fires(vec![due(task, &[second])], at(5)).await.unwrap();
    }
    let mut next = Vec::new();
    for now in [50, 50, 50, 70] {
        next.push(store.claim(wish(1, now)).await.unwrap().next_due);
    }
    assert_eq!(next, [Some(at(20)), Some(at(70)), Some(at(70)), None]);
}

pub(crate) async fn a_claimed_run_says_what_it_stands_for<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let recorded = fire(store, "a", 10).await;
    let claimed = claim(store, 1, 15).await.remove(0);
    let expected = Fire { task: name("a"), trigger: Trigger::Schedule, scheduled_for: at(10) };
    assert_eq!(claimed.fire, expected);
    assert_eq!(claimed.lease.run, recorded.run);
    assert_eq!((claimed.lease.number, claimed.attempt), (1, 1));
    assert_eq!(claimed.args, None, "a scheduled run has its task's");

    let view = run(store, recorded.run).await;
    assert_eq!(view.key, claimed.key);
    assert_eq!(view.state, RunState::Running);
    assert_eq!((view.due_at, view.started_at), (None, Some(at(15))));
    assert_eq!(view.attempts, 1);
}

pub(crate) async fn a_running_run_is_not_handed_out<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    running(store, "a", 10).await;
    // Not even when its lease is over: the sweeper decides first what follows.
    let claims = store.claim(wish(9, 9999)).await.unwrap();
    assert_eq!((claims.runs.len(), claims.next_due), (0, None));
}

pub(crate) async fn every_claim_adds_one_to_the_lease_number<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let mut lease = running(store, "a", 10).await.lease;
    for (number, verdict, transition) in [
        (2, Verdict::Lost, Transition::Retry(at(10))),
        (3, Verdict::Interrupted, Transition::Refund(at(10))),
        (4, Verdict::failed("no"), Transition::Retry(at(10))),
    ] {
        let moved = finish(lease, 10, verdict, transition);
        store.finish(moved).await.unwrap();
        lease = claim(store, 1, 10).await[0].lease;
        assert_eq!(lease.number, number);
    }
}

pub(crate) async fn every_claim_counts_an_attempt<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let mut claimed = running(store, "a", 10).await;
    for attempt in 2..=4 {
        let retry = Transition::Retry(at(10));
        let failed = finish(claimed.lease, 10, Verdict::failed("no"), retry);
        store.finish(failed).await.unwrap();
        claimed = claim(store, 1, 10).await.remove(0);
        assert_eq!(claimed.attempt, attempt);
        assert_eq!(run(store, claimed.lease.run).await.attempts, attempt);
    }
}

pub(crate) async fn a_key_is_one_runs_alone_and_all_its_attempts<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let first = running(store, "a", 10).await;
    let other = running(store, "b", 10).await;
    assert_ne!(first.key, other.key);
    let retry = Transition::Retry(at(10));
    let failed = finish(first.lease, 10, Verdict::failed("no"), retry);
    store.finish(failed).await.unwrap();
    assert_eq!(claim(store, 1, 10).await[0].key, first.key);
}

pub(crate) async fn claims_at_once_share_no_run<S: Store>(store: &S) {
    let names: Vec<_> = (0..40).map(|number| format!("task-{number}")).collect();
    tasks(store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for task in &names {
        fire(store, task, 10).await;
    }
    let (one, two, three, four) = tokio::join!(
        claim(store, 15, 10),
        claim(store, 15, 10),
        claim(store, 15, 10),
        claim(store, 15, 10),
    );
    let handed_out: Vec<_> = [one, two, three, four].concat();
    let different: HashSet<_> = handed_out.iter().map(|run| run.lease).collect();
    assert_eq!(handed_out.len(), 40, "and none is left over");
    assert_eq!(different.len(), 40);
    assert!(handed_out.iter().all(|run| run.lease.number == 1));
}
