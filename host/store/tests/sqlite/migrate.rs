//! Databases of earlier versions are brought up to date, and kept as they were.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use horarium_core::{
    History, Store,
    overlap::SkipReason,
    run::{RunEnd, RunId, RunState},
    store::{LogQuery, RunQuery, StoreError, WaitsFor},
    verdict::VerdictKind,
};
use horarium_store::{DATABASE, SqliteHistory, SqliteStore};
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use crate::{
    disk::beside,
    given::{at, claim, end, run, success},
};

const SUCCEEDED: RunState = RunState::Ended(RunEnd::Verdict(VerdictKind::Succeeded));

/// A data directory that the first version left.
fn first() -> TempDir {
    let data = tempdir().unwrap();
    let database = beside(data.path());
    database.execute_batch(include_str!("version-1.sql")).unwrap();
    database.close().unwrap();
    data
}

/// Everything that makes a layout what it is, whatever its words.
fn layout(data: &Path) -> BTreeSet<String> {
    let database = beside(data);
    let names = |sql: &str| -> Vec<String> {
        let mut all = database.prepare(sql).unwrap();
        let rows = all.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let mut all = BTreeSet::new();
    // SQLite's own tables may stay.
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    for table in names(tables) {
        let columns = format!(
            "SELECT format('%s %s %s %s %d', name, type, \"notnull\", dflt_value, pk)
             FROM pragma_table_info('{table}')"
        );
        all.extend(names(&columns).into_iter().map(|column| format!("{table}: {column}")));
    }
    all.extend(names(
        "SELECT coalesce(sql, tbl_name) FROM sqlite_schema WHERE type IN ('index', 'trigger')",
    ));
    all
}

#[tokio::test]
async fn the_first_layout_becomes_todays() {
    let data = first();
    SqliteStore::open(data.path()).unwrap().close().await;
    let new = tempdir().unwrap();
    SqliteStore::open(new.path()).unwrap().close().await;
    assert_eq!(layout(data.path()), layout(new.path()));
    let sound: String =
        beside(data.path()).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

#[tokio::test]
async fn runs_keep_what_they_had() {
    let data = first();
    let store = SqliteStore::open(data.path()).unwrap();
    let done = run(&store, RunId(1)).await;
    assert_eq!((done.state, done.key.as_str()), (SUCCEEDED, "0123456789ab-1-00989680"));
    assert_eq!(done.output.as_deref(), Some(r#"{"rows":3}"#));
    let attempts = store.attempts(RunId(1)).await.unwrap();
    let told: Vec<_> = attempts.iter().map(|it| (it.attempt, it.verdict, it.fuel)).collect();
    assert_eq!(
        told,
        [(1, Some(VerdictKind::Failed), Some(77)), (2, Some(VerdictKind::Succeeded), Some(78))]
    );
    let log = LogQuery::whole(RunId(1));
    assert_eq!(store.log(log).await.unwrap()[0].content.message, "three rows");

    let skipped = run(&store, RunId(2)).await;
    assert_eq!(skipped.state, RunState::Ended(RunEnd::Skipped(SkipReason::Overlap)));
    let again = run(&store, RunId(3)).await;
    assert_eq!((again.state, again.due_at), (RunState::RetryWait, Some(at(35))));
    assert_eq!(store.attempts(RunId(3)).await.unwrap()[0].backtrace, ["f", "g"]);
    assert_eq!(run(&store, RunId(6)).await.waits_for, Some(WaitsFor::Configuration));
    store.close().await;
}

#[tokio::test]
async fn runs_that_were_over_are_counted() {
    let data = first();
    let store = SqliteStore::open(data.path()).unwrap();
    let over = RunQuery { limit: u32::MAX, ..RunQuery::default() };
    let mut expected = BTreeMap::new();
    for run in store.runs(over).await.unwrap().iter().filter(|run| run.state.is_ended()) {
        *expected.entry(run.state.to_string()).or_default() += 1;
    }
    let ended = store.statistics(None).await.unwrap().ended;
    let counted: BTreeMap<_, u64> = ended.into_iter().map(|it| (it.state, it.runs)).collect();
    assert_eq!(counted, expected);
    assert!(counted.contains_key("succeeded") && counted.contains_key("skipped"));
    store.close().await;
}

#[tokio::test]
async fn what_was_under_way_goes_on() {
    let data = first();
    let store = SqliteStore::open(data.path()).unwrap();
    // Its host is no more.
    let lost = store.expired(at(51)).await.unwrap();
    assert_eq!(lost.iter().map(|run| run.lease.run).collect::<Vec<_>>(), [RunId(4)]);
    assert_eq!(store.attempts(RunId(4)).await.unwrap()[0].attempt, 1);

    assert!(store.finish(end(lost[0].lease, 51, success())).await.unwrap().is_recorded());
    // One at a time, as the first version did it.
    for expected in [(RunId(3), 2), (RunId(5), 1)] {
        let claimed = claim(&store, 10, 51).await;
        let told: Vec<_> = claimed.iter().map(|it| (it.lease.run, it.attempt)).collect();
        assert_eq!(told, [expected]);
        assert!(store.finish(end(claimed[0].lease, 52, success())).await.unwrap().is_recorded());
    }
    assert_eq!(run(&store, RunId(3)).await.state, SUCCEEDED);
    assert_eq!(store.attempts(RunId(3)).await.unwrap().len(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_copy_of_what_was_is_kept() {
    let data = first();
    let copy = data.path().join(format!("{DATABASE}.version-1"));
    fs::write(&copy, "half a copy, of a host that died").unwrap();
    SqliteStore::open(data.path()).unwrap().close().await;
    let copy = Connection::open(copy).unwrap();
    let runs: u32 = copy.query_row("SELECT count(*) FROM run", [], |row| row.get(0)).unwrap();
    let version: i32 = copy.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!((runs, version), (6, 1));
}

#[test]
fn a_reader_leaves_the_first_layout_alone() {
    let data = first();
    let before = fs::read(data.path().join(DATABASE)).unwrap();
    let error = SqliteHistory::open(data.path()).err().unwrap();
    assert!(matches!(error, StoreError::Unusable { .. }));
    assert!(error.to_string().contains("earlier version"), "{error}");
    assert!(error.to_string().contains("horarium serve"), "{error}");
    assert_eq!(fs::read(data.path().join(DATABASE)).unwrap(), before);
}
