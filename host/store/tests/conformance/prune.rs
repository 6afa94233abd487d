//! Forgetting what is kept for long enough.

use std::time::Duration;

use horarium_core::{
    Store,
    log::{Level, LogLine},
    retention::Retention,
    run::RunId,
    store::{Finish, LogQuery, Pruned},
};

use crate::given::{at, end, fire, running, runs, success, tasks};

/// A run of a task that is over a second after its instant, with a log.
async fn over<S: Store>(store: &S, task: &str, second: i64) -> RunId {
    let lease = running(store, task, second).await.lease;
    let line = LogLine::of_host(at(second), Level::Info, "a line".to_owned());
    let ended = Finish { log: vec![line], ..end(lease, second + 1, success()) };
    assert!(store.finish(ended).await.unwrap().is_recorded());
    lease.run
}

async fn prune<S: Store>(store: &S, retention: Retention, now: i64) -> u64 {
    let mut runs = 0;
    loop {
        let Pruned { runs: some, more } = store.prune(retention, at(now)).await.unwrap();
        runs += some;
        if !more {
            return runs;
        }
    }
}

async fn left<S: Store>(store: &S) -> Vec<RunId> {
    let mut left: Vec<_> = runs(store).await.iter().map(|run| run.run).collect();
    left.sort_unstable();
    left
}

fn aged(seconds: u64) -> Retention {
    Retention { age: Some(Duration::from_secs(seconds)), ..Retention::default() }
}

pub(crate) async fn what_is_old_is_forgotten_whole<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let old = over(store, "a", 10).await;
    let young = over(store, "a", 100).await;
    let last = over(store, "a", 110).await;
    assert_eq!(prune(store, aged(50), 61).await, 0, "not for long enough");
    assert_eq!(prune(store, aged(50), 62).await, 1);
    assert_eq!(left(store).await, [young, last]);
    assert_eq!(store.attempts(old).await.unwrap(), []);
    let log = LogQuery::whole(old);
    assert_eq!(store.log(log).await.unwrap(), []);
}

pub(crate) async fn what_is_not_over_is_kept<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let running = running(store, "a", 10).await.lease.run;
    let waiting = fire(store, "b", 11).await.run;
    assert_eq!(prune(store, aged(1), 999).await, 0);
    let few = Retention { runs: Some(1), bytes: Some(1), ..Retention::default() };
    assert_eq!(prune(store, few, 999).await, 0);
    assert_eq!(left(store).await, [running, waiting]);
}

pub(crate) async fn the_last_run_of_each_task_is_kept<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let of_a = over(store, "a", 10).await;
    over(store, "b", 20).await;
    let of_b = over(store, "b", 30).await;
    assert_eq!(prune(store, aged(1), 999).await, 1);
    assert_eq!(left(store).await, [of_a, of_b]);
}

pub(crate) async fn of_too_many_the_oldest_are_forgotten<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let mut all = Vec::new();
    for second in 0..500 {
        all.push(over(store, "a", second * 10).await);
    }
    let most = |runs| Retention { runs: Some(runs), ..Retention::default() };
    assert_eq!(prune(store, most(100), 9_999).await, 400);
    assert_eq!(left(store).await, all[400..]);
    assert_eq!(prune(store, most(100), 9_999).await, 0);
    over(store, "a", 9_999).await;
    assert_eq!(prune(store, most(100), 9_999).await, 1, "those that came since count as well");
}

pub(crate) async fn of_too_much_the_oldest_is_forgotten<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    for second in 0..300 {
        over(store, "a", second * 10).await;
    }
    let bytes = |bytes| Retention { bytes: Some(bytes), ..Retention::default() };
    assert_eq!(prune(store, bytes(1 << 30), 9_999).await, 0);
    assert_eq!(prune(store, bytes(1), 9_999).await, 299, "all but the last one of its task");
}

pub(crate) async fn a_number_is_not_given_again<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    over(store, "a", 10).await;
    let last = over(store, "a", 20).await;
    assert_eq!(prune(store, aged(1), 999).await, 1);
    assert!(over(store, "b", 1_000).await > last);
}
