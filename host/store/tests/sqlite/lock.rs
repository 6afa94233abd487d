//! One host at a time.

use std::fs;

use horarium_core::{History, store::StoreError, store::TaskQuery};
use horarium_store::SqliteStore;
use tempfile::tempdir;

use crate::{
    disk::{beside, drop_and_wait},
    given::{fire, tasks},
};

fn refusal(opened: Result<SqliteStore, StoreError>) -> StoreError {
    opened.err().unwrap()
}

#[tokio::test]
async fn a_second_host_is_told_who_holds_the_data_directory() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    let StoreError::Locked { place, reason } = refusal(SqliteStore::open(data.path())) else {
        panic!("not locked");
    };
    assert!(place.starts_with(data.path().to_str().unwrap()));
    let pid = std::process::id().to_string();
    assert!(reason.split(' ').any(|word| word == pid), "{reason}");

    tasks(&store, &["a"]).await;
    fire(&store, "a", 10).await;
    store.close().await;
}

#[tokio::test]
async fn closing_frees_the_data_directory() {
    let data = tempdir().unwrap();
    for second in 0..20 {
        let store = SqliteStore::open(data.path()).unwrap();
        tasks(&store, &["a"]).await;
        fire(&store, "a", second).await;
        store.close().await;
    }
}

#[tokio::test]
async fn closing_waits_for_whoever_still_writes() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    let other = store.clone();
    tokio::join!(store.close(), async {
        tasks(&other, &["a"]).await;
        let locked = refusal(SqliteStore::open(data.path()));
        assert!(matches!(locked, StoreError::Locked { .. }));
        drop(other);
    });
    let store = SqliteStore::open(data.path()).unwrap();
    assert_eq!(store.tasks(TaskQuery::ALL).await.unwrap().len(), 1);
    store.close().await;
}

#[tokio::test]
async fn dropping_frees_the_data_directory() {
    let data = tempdir().unwrap();
    drop_and_wait(SqliteStore::open(data.path()).unwrap(), data.path());
    SqliteStore::open(data.path()).unwrap().close().await;
}

#[tokio::test]
async fn other_data_directories_are_free() {
    let [one, other] = [tempdir().unwrap(), tempdir().unwrap()];
    let one = SqliteStore::open(one.path()).unwrap();
    let other = SqliteStore::open(other.path()).unwrap();
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn a_database_that_another_program_writes_to_is_locked() {
    let data = tempdir().unwrap();
    SqliteStore::open(data.path()).unwrap().close().await;
    let stranger = beside(data.path());
    // Outside WAL a reader can't become a writer beside another one, and SQLite
    // says so at once: waiting would be in vain.
    stranger.pragma_update(None, "journal_mode", "DELETE").unwrap();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let locked = refusal(SqliteStore::open(data.path()));
    assert!(matches!(locked, StoreError::Locked { .. }), "{locked}");

    stranger.execute_batch("ROLLBACK").unwrap();
    SqliteStore::open(data.path()).unwrap().close().await;
}

#[tokio::test]
async fn a_data_directory_is_made_with_its_parents() {
    let data = tempdir().unwrap();
    let deep = data.path().join("a/b");
    SqliteStore::open(&deep).unwrap().close().await;
    assert!(deep.is_dir());
}

#[tokio::test]
async fn a_data_directory_that_can_not_be_made_is_named() {
    let data = tempdir().unwrap();
    let file = data.path().join("file");
    fs::write(&file, "").unwrap();
    let error = refusal(SqliteStore::open(&file.join("data"))).to_string();
    assert!(error.contains(file.to_str().unwrap()), "{error}");
}
