//! Reading from another process.

use horarium_core::{
    History, Store,
    run::RunState,
    store::{RunQuery, StoreError, TaskQuery, WholeRun},
};
use horarium_store::{SqliteHistory, SqliteStore};
use tempfile::tempdir;

use crate::given::{end, fire, running, runs, success, tasks};

fn all() -> RunQuery {
    RunQuery { limit: 1_000, ..RunQuery::default() }
}

#[test]
fn there_is_no_history_where_no_host_has_been() {
    let data = tempdir().unwrap();
    for missing in [data.path().to_owned(), data.path().join("missing")] {
        let error = SqliteHistory::open(&missing).err().unwrap();
        assert!(matches!(error, StoreError::Missing { .. }));
        assert!(error.to_string().contains("horarium serve"), "{error}");
    }
    assert_eq!(data.path().read_dir().unwrap().count(), 0, "none is made");
}

#[tokio::test]
async fn a_history_sees_at_once_what_its_host_has_acknowledged() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    let history = SqliteHistory::open(data.path()).unwrap();
    tasks(&store, &["a"]).await;
    for second in 0..10 {
        let lease = running(&store, "a", second).await.lease;
        let seen = history.run(lease.run).await.unwrap().unwrap();
        assert_eq!(seen.state, RunState::Running);
        store.finish(end(lease, second, success())).await.unwrap();
        assert_eq!(history.runs(all()).await.unwrap(), runs(&store).await);
        let attempts = history.attempts(lease.run).await.unwrap();
        assert_eq!(attempts, store.attempts(lease.run).await.unwrap());
        let whole = history.whole_run(lease.run).await.unwrap();
        let run = store.run(lease.run).await.unwrap().unwrap();
        assert_eq!(whole, Some(WholeRun { run, attempts, checkpoint: None }));
    }
    assert_eq!(history.tasks(TaskQuery::ALL).await, store.tasks(TaskQuery::ALL).await);
    store.close().await;
}

#[tokio::test]
async fn readers_and_the_writer_do_not_wait_for_each_other() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    let history = SqliteHistory::open(data.path()).unwrap();
    tasks(&store, &["a"]).await;
    let write = async {
        for second in 0..100 {
            let lease = running(&store, "a", second).await.lease;
            store.finish(end(lease, second, success())).await.unwrap();
        }
    };
    let read = async || {
        let mut seen = 0;
        while seen < 100 {
            let runs = history.runs(all()).await.unwrap();
            // A commit is seen whole: what is over has its attempt.
            if let Some(over) = runs.iter().find(|run| run.state.is_ended()) {
                let attempts = history.attempts(over.run).await.unwrap();
                assert_eq!(attempts[0].ended_at, over.ended_at);
            }
            let ended = runs.iter().filter(|run| run.state.is_ended()).count();
            assert!(ended >= seen, "a history does not shrink");
            seen = ended;
        }
    };
    tokio::join!(write, read(), read(), read());
    store.close().await;
}

#[tokio::test]
async fn a_history_outlives_its_host_and_stops_no_other() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    tasks(&store, &["a"]).await;
    let history = SqliteHistory::open(data.path()).unwrap();
    store.close().await;
    assert_eq!(history.tasks(TaskQuery::ALL).await.unwrap().len(), 1);
    let store = SqliteStore::open(data.path()).unwrap();
    fire(&store, "a", 10).await;
    assert_eq!(history.runs(all()).await.unwrap().len(), 1);
    store.close().await;
}
