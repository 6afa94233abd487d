//! What is left when a host is gone.

use horarium_core::{
    History, Store,
    store::{RunView, TaskQuery},
    verdict::Verdict,
};
use horarium_store::SqliteStore;
use tempfile::tempdir;

use crate::{
    disk::{crash, drop_and_wait},
    given::{at, end, fire, run, running, runs, success, tasks},
};

#[tokio::test]
async fn a_new_host_finds_the_leases_of_the_last_one_expired() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    tasks(&store, &["running", "over", "waiting"]).await;
    let over = running(&store, "over", 10).await.lease;
    store.finish(end(over, 11, success())).await.unwrap();
    let lease = running(&store, "running", 10).await.lease;
    fire(&store, "waiting", 10).await;
    assert_eq!(store.expired(at(11)).await.unwrap(), []);
    drop_and_wait(store, data.path());

    let store = SqliteStore::open(data.path()).unwrap();
    let expired = store.expired(at(11)).await.unwrap();
    assert_eq!(expired.len(), 1, "the lease was good until 40");
    assert_eq!(expired[0].lease, lease);
    let lost = store.finish(end(lease, 12, Verdict::Lost)).await;
    assert!(lost.unwrap().is_recorded());
    store.close().await;
}

#[tokio::test]
async fn a_new_host_finds_everything_else_as_it_was() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    tasks(&store, &["a", "b"]).await;
    let lease = running(&store, "a", 10).await.lease;
    store.finish(end(lease, 11, success())).await.unwrap();
    fire(&store, "b", 20).await;
    let before = (runs(&store).await, store.tasks(TaskQuery::ALL).await.unwrap());
    store.close().await;

    let store = SqliteStore::open(data.path()).unwrap();
    let after = (runs(&store).await, store.tasks(TaskQuery::ALL).await.unwrap());
    assert_eq!(after, before, "keys included");
    let newest = before.0.iter().map(|run: &RunView| run.run).max();
    assert!(Some(fire(&store, "a", 30).await.run) > newest);
    store.close().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_crash() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    tasks(&store, &["a"]).await;
    for second in 0..20 {
        let lease = running(&store, "a", second).await.lease;
        store.finish(end(lease, second, success())).await.unwrap();
        let before = runs(&store).await;

        let copy = crash(data.path());
        let survivor = SqliteStore::open(copy.path()).unwrap();
        assert_eq!(runs(&survivor).await, before);
        survivor.close().await;
    }
    store.close().await;
}

#[tokio::test]
async fn a_run_that_ran_in_a_crash_still_runs_in_the_history() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    tasks(&store, &["a"]).await;
    let claimed = running(&store, "a", 10).await;
    let copy = crash(data.path());
    let survivor = SqliteStore::open(copy.path()).unwrap();
    // Opening decides nothing: whether it is retried is up to the sweeper.
    let view = run(&survivor, claimed.lease.run).await;
    assert_eq!(view, run(&store, claimed.lease.run).await);
    assert_eq!(survivor.expired(at(10)).await.unwrap().len(), 1);
    survivor.close().await;
    store.close().await;
}
