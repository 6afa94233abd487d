//! What arrives together is committed together.

use std::path::Path;

use horarium_core::History;
use horarium_core::{
    Store,
    attempt::Lease,
    log::{Level, LogLine},
    run::{RunEnd, RunId, RunState},
    store::{Finish, Finished, LogQuery, StoreError},
    verdict::VerdictKind,
};
use horarium_store::SqliteStore;
use tempfile::tempdir;
use tokio::task::JoinSet;

use crate::{
    disk::{beside, crash},
    given::{at, claim, due, end, run, runs, success, tasks},
};

const SUCCEEDED: RunState = RunState::Ended(RunEnd::Verdict(VerdictKind::Succeeded));

/// Starts a run of each of `count` tasks.
pub(crate) async fn many_running(store: &SqliteStore, count: u32) -> Vec<Lease> {
    let names: Vec<_> = (0..count).map(|number| format!("task-{number}")).collect();
    tasks(store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let fires = names.iter().map(|task| due(task, &[10])).collect();
    store.record_fires(fires, at(10)).await.unwrap();
    let claimed = claim(store, count, 10).await;
    claimed.into_iter().map(|run| run.lease).collect()
}

/// Hands all ends over before the writer can commit any, so that it takes them
/// together; tells each one's answer.
pub(crate) async fn together(
    store: &SqliteStore,
    data: &Path,
    ends: Vec<Finish>,
) -> Vec<(RunId, Result<Finished, StoreError>)> {
    let gate = beside(data);
    gate.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = JoinSet::new();
    for end in ends {
        let store = store.clone();
        waiting.spawn(async move { (end.lease.run, store.finish(end).await) });
    }
    for _ in 0..waiting.len() {
        tokio::task::yield_now().await;
    }
    gate.execute_batch("ROLLBACK").unwrap();
    drop(gate);
    waiting.join_all().await
}

#[tokio::test]
async fn a_thousand_ends_at_once_are_all_durable() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    let leases = many_running(&store, 1_000).await;
    let mut ends = JoinSet::new();
    for lease in leases {
        let end = Finish {
            log: vec![LogLine::of_host(at(11), Level::Info, lease.run.to_string())],
            ..end(lease, 11, success())
        };
        let store = store.clone();
        ends.spawn(async move { store.finish(end).await.unwrap() });
    }
    let answers = ends.join_all().await;
    assert_eq!(answers.len(), 1_000);
    assert!(answers.iter().all(Finished::is_recorded));

    let copy = crash(data.path());
    let survivor = SqliteStore::open(copy.path()).unwrap();
    let runs = runs(&survivor).await;
    assert_eq!(runs.len(), 1_000);
    for run in runs {
        assert_eq!(run.state, SUCCEEDED);
        assert_eq!(survivor.attempts(run.run).await.unwrap().len(), 1);
        let query = LogQuery::whole(run.run);
        let log = survivor.log(query).await.unwrap();
        assert_eq!(log[0].content.message, run.run.to_string());
    }
    survivor.close().await;
    store.close().await;
}

#[tokio::test]
async fn one_that_fails_takes_nothing_with_it() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    let leases = many_running(&store, 20).await;
    let refused = leases[10].run;
    refuse(data.path(), refused, "ABORT");
    let ends = leases.iter().map(|lease| end(*lease, 11, success()));
    for (id, answer) in together(&store, data.path(), ends.collect()).await {
        let state = run(&store, id).await.state;
        let attempts = store.attempts(id).await.unwrap();
        if id == refused {
            assert!(matches!(answer, Err(StoreError::Unusable { .. })));
            assert_eq!(state, RunState::Running, "its half was taken back");
            assert_eq!(attempts[0].ended_at, None);
        } else {
            assert!(answer.unwrap().is_recorded());
            assert_eq!(state, SUCCEEDED);
            assert_eq!(attempts.len(), 1);
        }
    }
    store.close().await;
}

#[tokio::test]
async fn one_that_ends_the_transaction_is_heard_of_by_all_in_it() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    let leases = many_running(&store, 20).await;
    refuse(data.path(), leases[10].run, "ROLLBACK");
    let ends = leases.iter().map(|lease| end(*lease, 11, success()));
    let answers = together(&store, data.path(), ends.collect()).await;
    assert!(answers.iter().any(|(_, answer)| answer.is_err()));
    for (id, answer) in answers {
        let state = run(&store, id).await.state;
        match answer {
            Ok(_) => assert_eq!(state, SUCCEEDED),
            Err(_) => assert_eq!(state, RunState::Running),
        }
    }
    beside(data.path()).execute("DROP TRIGGER refuse", []).unwrap();
    for run in store.expired(at(99)).await.unwrap() {
        let end = store.finish(end(run.lease, 99, success())).await;
        assert!(end.unwrap().is_recorded(), "the store goes on");
    }
    assert!(runs(&store).await.iter().all(|run| run.state == SUCCEEDED));
    store.close().await;
}

/// Has SQLite refuse to write down how an attempt of this run ended, when it has
/// written the log.
fn refuse(data: &Path, run: RunId, how: &str) {
    let trigger = format!(
        "CREATE TRIGGER refuse BEFORE UPDATE ON run
         WHEN new.id = {run} AND new.verdict IS NOT NULL
         BEGIN SELECT raise({how}, 'refused'); END"
    );
    beside(data).execute(&trigger, []).unwrap();
}
