//! Opening a database.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use horarium_core::store::{Durability, StoreError};
use rusqlite::{Connection, config::DbConfig};

use super::{
    error::translate,
    lock::{Lock, refused},
    schema::{self, Mismatch, Standing},
    sync::Syncer,
    watch::StoreWatch,
};

/// The database's name in the data directory.
pub const DATABASE: &str = "history.sqlite";

/// How long to wait for another process before giving up.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A database that is not checked at every start, in bytes; `horarium db check` does.
const LARGE: u64 = 512 << 20;

/// What the writer keeps of the database in memory, in KiB: the pages that each new run
/// touches, of a history of millions.
const CACHE_KIB: i64 = 16 << 10;

/// How many pages of 4 KiB the log has when it goes into the database. A page that was
/// written many times meanwhile goes there once.
const LOG_PAGES: i64 = 4096;

/// A data directory that this process holds, and its database.
pub(super) struct Held {
    pub(super) lock: Lock,
    pub(super) connection: Connection,
    /// None where commits need not survive a power cut.
    pub(super) syncer: Option<Syncer>,
    pub(super) path: PathBuf,
}

/// Opens the database of a host, which is created where it is missing.
pub(super) fn exclusive(
    data_dir: &Path,
    durability: Durability,
    watch: Arc<dyn StoreWatch>,
) -> Result<Held, StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|reason| refused(data_dir, &reason))?;
    let lock = Lock::take(data_dir)?;
    let path = data_dir.join(DATABASE);
    let mut connection = Connection::open(&path).map_err(|error| translate(&path, &error))?;
    prepare(&mut connection, &path)?;
    let syncer = match durability {
        Durability::Full => Some(Syncer::start(&path, watch)?),
        Durability::Normal => None,
    };
    Ok(Held { lock, connection, syncer, path })
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
    let standing = schema::standing(connection).map_err(|error| mismatch(path, error))?;
    verify(connection, path)?;
    if let Standing::Earlier(version) = standing {
        keep(connection, path, version)?;
    }
    write_ahead(connection, path)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(sqlite)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES).map_err(sqlite)?;
    // SQLite syncs where its log goes into the database, and leaves commits to the syncer.
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(sqlite)?;
    schema::prepare(connection, &fresh_instance(path)?).map_err(|error| mismatch(path, error))?;
    // Whoever held these leases is no more: the data directory is ours alone.
    connection
        .execute("UPDATE run SET lease_until = -9223372036854775808 WHERE state = 'running'", [])
        .map_err(sqlite)?;
    Ok(())
}

/// Looks for damage before anything is written. A large database is read in minutes:
/// of that nothing is read here but what every start needs.
fn verify(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    if fs::metadata(path).is_ok_and(|file| file.len() > LARGE) {
        return Ok(());
    }
    let sqlite = |error: rusqlite::Error| translate(path, &error);
    let word: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(sqlite)?;
    match word.as_str() {
        "ok" => Ok(()),
        fault => {
            Err(StoreError::Damaged { place: path.display().to_string(), reason: fault.to_owned() })
        }
    }
}

/// Keeps a copy of a database as an earlier version wrote it.
fn keep(connection: &Connection, path: &Path, version: i32) -> Result<(), StoreError> {
    let mut copy = path.as_os_str().to_owned();
    copy.push(format!(".version-{version}"));
    let copy = PathBuf::from(copy);
    // One that was not finished.
    match fs::remove_file(&copy) {
        Ok(()) => {}
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => {}
        Err(reason) => return Err(refused(&copy, &reason)),
    }
    let name = copy.to_str().ok_or_else(|| StoreError::Unusable {
        place: copy.display().to_string(),
        reason: "SQLite can't write to a path that is not text".to_owned(),
    })?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(|error| translate(&copy, &error))?;
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

/// What every connection has.
pub(super) fn settings(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(128);
    // Plans don't depend on what is bound. Otherwise SQLite makes a new plan each time
    // that a value is bound which it has looked at for the old one, and that takes longer
    // than nearly all that is done here.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Why a database is not one that can be used.
pub(super) fn mismatch(path: &Path, mismatch: Mismatch) -> StoreError {
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
