//! Files that are not ours are refused, and left as they are.

use std::{fs, path::Path};

use horarium_core::{
    History,
    store::{StoreError, TaskQuery},
};
use horarium_store::{DATABASE, SqliteHistory, SqliteStore};
use tempfile::tempdir;

use crate::{disk::beside, given::tasks};

/// Both ways to open what lies here are refused for the same reason.
fn refused(data: &Path) -> StoreError {
    let database = data.join(DATABASE);
    let before = fs::read(&database).unwrap();
    let read = SqliteHistory::open(data).err().unwrap();
    let write = SqliteStore::open(data).err().unwrap();
    assert_eq!(read, write);
    assert!(fs::read(&database).unwrap() == before, "it was modified");
    assert!(write.to_string().contains(database.to_str().unwrap()));
    write
}

#[test]
fn a_database_of_another_program_is_refused() {
    let data = tempdir().unwrap();
    let other = beside(data.path());
    other.execute_batch("CREATE TABLE photo (name TEXT)").unwrap();
    other.close().unwrap();
    let error = refused(data.path());
    assert!(matches!(error, StoreError::Unusable { .. }));
    assert!(error.to_string().contains("another program"), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let data = tempdir().unwrap();
    let database = data.path().join(DATABASE);
    fs::write(database, "dear diary, ".repeat(1_000)).unwrap();
    let error = refused(data.path());
    assert!(matches!(error, StoreError::Damaged { .. }));
    assert!(error.to_string().contains("not a database"), "{error}");
}

#[tokio::test]
async fn a_later_version_is_refused() {
    let data = tempdir().unwrap();
    SqliteStore::open(data.path()).unwrap().close().await;
    let later = beside(data.path());
    let ours: i32 = later.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    later.pragma_update(None, "user_version", ours + 1).unwrap();
    later.close().unwrap();
    let error = refused(data.path());
    assert!(matches!(error, StoreError::Unusable { .. }));
    assert!(error.to_string().contains(&format!("version {}", ours + 1)), "{error}");
    assert!(error.to_string().contains(&format!("up to {ours}")), "{error}");
}

#[tokio::test]
async fn a_refused_data_directory_is_not_held() {
    let data = tempdir().unwrap();
    let database = data.path().join(DATABASE);
    fs::write(&database, "dear diary, ".repeat(1_000)).unwrap();
    refused(data.path());
    fs::rename(&database, data.path().join("diary")).unwrap();
    SqliteStore::open(data.path()).unwrap().close().await;
}

/// What a host leaves that died while it made its database.
#[tokio::test]
async fn an_empty_file_becomes_a_database() {
    let data = tempdir().unwrap();
    fs::write(data.path().join(DATABASE), "").unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    tasks(&store, &["a"]).await;
    assert_eq!(store.tasks(TaskQuery::ALL).await.unwrap().len(), 1);
    store.close().await;
}
