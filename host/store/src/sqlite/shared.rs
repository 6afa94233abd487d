//! Opening a database that somebody else writes to, or nobody.

use std::{
    fs, io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use horarium_core::store::StoreError;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{
    lock::refused,
    open::{mismatch, settings},
    schema::{self, Mismatch, Standing},
};

/// Why somebody else's is not read.
const FOREIGN: &str = "you may not look into it; ask as the user whose host writes it";

/// Opens the database for reading, beside a host that may be writing to it.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let place = || path.display().to_string();
    match fs::metadata(path) {
        Ok(_) => {}
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => {
            return Err(StoreError::Missing { place: place() });
        }
        Err(reason) if reason.kind() == io::ErrorKind::PermissionDenied => {
            return Err(StoreError::Unusable { place: place(), reason: FOREIGN.to_owned() });
        }
        Err(reason) => return Err(refused(path, &reason)),
    }
    let unusable =
        |reason: &str| StoreError::Unusable { place: place(), reason: reason.to_owned() };
    let (connection, standing) = match beside(path) {
        Err(Mismatch::Sqlite(error)) if nobody_can_write(path, &error) => match has_log(path) {
            false => unchanging(path),
            true => return Err(unusable(UNFINISHED)),
        },
        opened => opened,
    }
    .map_err(|error| mismatch(path, error))?;
    match standing {
        Standing::Current => {}
        Standing::Empty => return Err(unusable("it is empty; `horarium serve` fills it")),
        Standing::Earlier(_) => {
            return Err(unusable(
                "it is of an earlier version; `horarium serve` brings it up to date",
            ));
        }
    }
    Ok(connection)
}

/// Beside whoever may be writing.
fn beside(path: &Path) -> Result<(Connection, Standing), Mismatch> {
    // Readers of a WAL keep their marks in a shared file, so they want to write;
    // where they can't, SQLite may still manage.
    let write = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, write)
        .or_else(|_| Connection::open_with_flags(path, read))?;
    reading(connection)
}

/// Without anything beside it, such as from a disk that is mounted to be read.
fn unchanging(path: &Path) -> Result<(Connection, Standing), Mismatch> {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    reading(Connection::open_with_flags(uri, flags)?)
}

fn reading(connection: Connection) -> Result<(Connection, Standing), Mismatch> {
    settings(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    let standing = schema::standing(&connection)?;
    Ok((connection, standing))
}

/// Why a database that can't be written to is not read.
const UNFINISHED: &str = "its folder can't be written to, and its host did not end in good order, \
    so that a part of it is in its log; copy the folder to where it can be written to";

/// Whether SQLite can't read a database because of what it can't write beside it, and nobody
/// else can, either: the disk is mounted to be read.
fn nobody_can_write(path: &Path, error: &rusqlite::Error) -> bool {
    let is_refused =
        matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly));
    // That it is opened changes nothing of a file.
    let opened = fs::OpenOptions::new().write(true).open(path);
    is_refused && opened.is_err_and(|reason| reason.kind() == io::ErrorKind::ReadOnlyFilesystem)
}

/// Whether something is in its log that is not in the database.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(PathBuf::from(log)).is_ok_and(|file| file.len() > 0)
}
