//! The files of a store, seen from outside.

use std::{
    fs::{self, File},
    path::Path,
};

use horarium_store::{DATABASE, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

/// A second way to a store's database, past the store.
pub(crate) fn beside(data: &Path) -> Connection {
    Connection::open(data.join(DATABASE)).unwrap()
}

/// What a killed host would leave: the files as they are, in another place. That a
/// power cut leaves as much is up to the disk, and not seen from here.
pub(crate) fn crash(data: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal"] {
        let file = format!("{DATABASE}{suffix}");
        fs::copy(data.join(&file), copy.path().join(&file)).unwrap();
    }
    copy
}

/// Drops a store and waits until its data directory is free.
pub(crate) fn drop_and_wait(store: SqliteStore, data: &Path) {
    drop(store);
    let lock = File::open(data.join("host.lock")).unwrap();
    lock.lock().unwrap();
}
