//! Opening a database.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

use horarium_core::store::StoreError;
use rusqlite::{Connection, OpenFlags};

use super::{
    error::translate,
    lock::{Lock, refused},
    schema::{self, Mismatch},
};

/// The database's name in the data directory.
pub const DATABASE: &str = "history.sqlite";

/// How long to wait for another process before giving up.
const PATIENCE: Duration = Duration::from_secs(5);

/// A data directory that this process holds, and its database.
pub(super) struct Held {
    pub(super) lock: Lock,
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

/// Opens the database of a host, which is created where it is missing.
pub(super) fn exclusive(data_dir: &Path) -> Result<Held, StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|reason| refused(data_dir, &reason))?;
    let lock = Lock::take(data_dir)?;
    let path = data_dir.join(DATABASE);
    let mut connection = Connection::open(&path).map_err(|error| translate(&path, &error))?;
    prepare(&mut connection, &path)?;
    Ok(Held { lock, connection, path })
}

/// A database that is gone with the value.
pub(super) fn in_memory() -> Result<Connection, StoreError> {
    let path = Path::new(":memory:");
    let mut connection = Connection::open_in_memory().map_err(|error| translate(path, &error))?;
    prepare(&mut connection, path)?;
    Ok(connection)
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let sqlite = |error: rusqlite::Error| translate(path, &error);
    settings(connection).map_err(sqlite)?;
    // Before anything is set: what is not ours stays as it is.
    schema::check(connection).map_err(|error| mismatch(path, error))?;
    // An acknowledged write survives a power cut: WAL is synced at every commit.
    write_ahead(connection, path)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(sqlite)?;
    schema::prepare(connection, &fresh_instance(path)?).map_err(|error| mismatch(path, error))?;
    // Whoever held these leases is no more: the data directory is ours alone.
    connection
        .execute("UPDATE run SET lease_until = -9223372036854775808 WHERE state = 'running'", [])
        .map_err(sqlite)?;
    Ok(())
}

/// Has SQLite write ahead, which it does not do on every file system.
fn write_ahead(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(|error| translate(path, &error))?;
    // A database in memory has no log, and nobody who would read beside it.
    if mode == "wal" || mode == "memory" {
        return Ok(());
    }
    Err(StoreError::Unusable {
        place: path.display().to_string(),
        reason: format!(
            "SQLite can't keep a write-ahead log on this file system (it answers `{mode}`); \
             put the data directory on a local one"
        ),
    })
}

/// Opens the database for reading, beside a host that may be writing to it.
pub(super) fn shared(path: &Path) -> Result<Connection, StoreError> {
    let sqlite = |error: rusqlite::Error| translate(path, &error);
    if !path.exists() {
        return Err(StoreError::Unusable {
            place: path.display().to_string(),
            reason: "there is none; `horarium serve` makes it".to_owned(),
        });
    }
    // Readers of a WAL keep their marks in a shared file, so they want to write;
    // where they can't, SQLite may still manage.
    let write = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, write)
        .or_else(|_| Connection::open_with_flags(path, read))
        .map_err(sqlite)?;
    settings(&connection).map_err(sqlite)?;
    connection.pragma_update(None, "query_only", true).map_err(sqlite)?;
    schema::verify(&connection).map_err(|error| mismatch(path, error))?;
    Ok(connection)
}

fn settings(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn mismatch(path: &Path, mismatch: Mismatch) -> StoreError {
    match mismatch {
        Mismatch::Sqlite(error) => translate(path, &error),
        Mismatch::Foreign(reason) => {
            StoreError::Unusable { place: path.display().to_string(), reason }
        }
    }
}

/// A name for a new database that no other one has: 48 random bits.
fn fresh_instance(path: &Path) -> Result<String, StoreError> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes).map_err(|reason| StoreError::Unusable {
        place: path.display().to_string(),
        reason: format!("no randomness for its name: {reason}"),
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
