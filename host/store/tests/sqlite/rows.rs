//! Rows that no verb writes.

use horarium_core::{History, store::StoreError};
use horarium_store::SqliteStore;
use tempfile::tempdir;

use crate::{
    disk::beside,
    given::{claim, fire, tasks},
};

#[tokio::test]
async fn a_runs_own_arguments_are_handed_out_with_it() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    tasks(&store, &["a"]).await;
    fire(&store, "a", 10).await;
    let args = r#"{"day": "2026-01-01"}"#;
    beside(data.path()).execute("UPDATE run SET args = ?1", [args]).unwrap();
    assert_eq!(claim(&store, 1, 10).await[0].args.as_deref(), Some(args));
    store.close().await;
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_damage_and_named() {
    for nonsense in ["state = 'done'", "trigger = 'moon'", "attempt = -1"] {
        let data = tempdir().unwrap();
        let store = SqliteStore::open(data.path()).unwrap();
        tasks(&store, &["a"]).await;
        let run = fire(&store, "a", 10).await.run;
        beside(data.path()).execute(&format!("UPDATE run SET {nonsense}"), []).unwrap();
        let error = store.run(run).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        store.close().await;
    }
}
