//! Looking after a history, whether a host writes to it or not.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path};

use horarium_core::store::StoreError;
use rusqlite::{Connection, OpenFlags};

use super::{error::translate, lock::refused, open};

/// Faults that are told one by one.
const MOST: u32 = 100;

/// Copies a database as it is at this moment into a new file, which is whole or not
/// there.
pub(super) fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(unusable(to, "it exists already; name a new file"));
    }
    // Beside it first: half a copy would look like a whole one.
    let half = to.with_added_extension("part");
    // Its owner's alone, as the history is. SQLite takes a file that is there and empty.
    let mut own = OpenOptions::new();
    own.write(true).create(true).truncate(true).mode(0o600);
    own.open(&half).map_err(|reason| refused(&half, &reason))?;
    let name = half.to_str().ok_or_else(|| unusable(to, "SQLite wants a path that is text"))?;
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| translate(from, &error))?;
    source.busy_timeout(open::PATIENCE).map_err(|error| translate(from, &error))?;
    let copied = source.execute("VACUUM INTO ?1", [name]);
    let kept = copied
        .map_err(|error| translate(&half, &error))
        .and_then(|_| sync(&half))
        .and_then(|()| std::fs::rename(&half, to).map_err(|reason| refused(to, &reason)));
    if kept.is_err() {
        // What is left of it says nothing.
        let _ = std::fs::remove_file(&half);
    }
    kept
}

fn sync(file: &Path) -> Result<(), StoreError> {
    std::fs::File::open(file)
        .and_then(|file| file.sync_all())
        .map_err(|reason| refused(file, &reason))
}

fn unusable(place: &Path, reason: &str) -> StoreError {
    StoreError::Unusable { place: place.display().to_string(), reason: reason.to_owned() }
}

/// Everything that is wrong with a database, in words: nothing, where it is sound.
pub(super) fn check(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut faults: Vec<String> = connection
        .prepare(&format!("PRAGMA integrity_check({MOST})"))?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    faults.retain(|fault| fault != "ok");
    // Where its pages make no sense, neither do its rows.
    if !faults.is_empty() {
        return Ok(faults);
    }
    for (what, sql) in RULES {
        let found: u32 = connection.query_row(sql, [], |row| row.get(0))?;
        if found > 0 {
            faults.push(format!("{found} {what}"));
        }
    }
    Ok(faults)
}

/// What no verb of the store ever writes.
const RULES: [(&str, &str); 8] = [
    (
        "runs of a task that is not there",
        "SELECT count(*) FROM run WHERE task NOT IN (SELECT id FROM task)",
    ),
    (
        "runs that are over and wait",
        "SELECT count(*) FROM run WHERE ended_at IS NOT NULL AND queue IS NOT NULL",
    ),
    (
        "runs that wait for nothing and do not run",
        "SELECT count(*) FROM run WHERE ended_at IS NULL AND queue IS NULL AND state <> 'running'",
    ),
    (
        "runs that run without a lease",
        "SELECT count(*) FROM run WHERE state = 'running' AND lease_until IS NULL",
    ),
    (
        "attempts of a run that is not there",
        "SELECT count(*) FROM attempt WHERE run NOT IN (SELECT id FROM run)",
    ),
    (
        "lines of a log whose run is not there",
        "SELECT count(*) FROM log WHERE run NOT IN (SELECT id FROM run)",
    ),
    (
        "entries of a bucket that is not there",
        "SELECT count(*) FROM entry WHERE bucket NOT IN (SELECT id FROM bucket)",
    ),
    // Of one that was cleared nobody counts any more.
    (
        "buckets that hold something else than is counted",
        "SELECT count(*) FROM bucket WHERE (name IS NULL OR name >= '0') AND (keys, bytes) IS NOT
             (SELECT count(*), coalesce(sum(length(CAST(key AS BLOB)) + length(value)), 0)
                 FROM entry WHERE entry.bucket = bucket.id)",
    ),
];
