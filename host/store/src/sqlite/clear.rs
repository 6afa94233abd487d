//! Emptying a bucket, however much it holds.
//!
//! To delete a million entries takes seconds, in which nobody else could write. So a bucket
//! is emptied by taking its name from it: one of the same name and the next version takes its
//! place, at once. What has lost its name is deleted later, a little at a time; it is in the
//! database for as long, and no verb finds it.

use horarium_core::effects::{Bucket, Stand};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    buckets::{self, Known},
    codec::amount,
};

/// The most entries that are deleted in one transaction,
const ENTRIES: u32 = 1000;

/// and the most bytes of values.
const BYTES: u64 = 4 << 20;

/// Empties a bucket. Says where it stood before.
pub(super) fn clear(connection: &Connection, bucket: &Bucket) -> rusqlite::Result<Stand> {
    let Some(Known { id, stand }) = buckets::known(connection, bucket)? else {
        return Ok(Stand::default());
    };
    if stand.holds.keys == 0 {
        return Ok(stand);
    }
    connection
        .prepare_cached(
            "INSERT INTO bucket (version, keys, bytes, name) VALUES (?1, 0, 0, '/next')",
        )?
        .execute([amount(stand.version.0 + 1)])?;
    let next = connection.last_insert_rowid();
    let (task, name) = connection
        .prepare_cached("SELECT task, name FROM bucket WHERE id = ?1")?
        .query_row([id], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<String>>(1)?))
        })?;
    let mut rename =
        connection.prepare_cached("UPDATE bucket SET task = ?2, name = ?3 WHERE id = ?1")?;
    // No bucket that anybody asks for has a slash in its name.
    rename.execute(params![id, None::<i64>, format!("/{id}")])?;
    rename.execute(params![next, task, name])?;
    Ok(stand)
}

/// Deletes some of what was cleared. Says whether there is more.
pub(super) fn sweep(connection: &Connection) -> rusqlite::Result<bool> {
    // All other names begin with a letter or a digit, and none of those is less than `0`.
    let cleared: Option<i64> = connection
        .prepare_cached("SELECT id FROM bucket WHERE name < '0' ORDER BY name LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(bucket) = cleared else { return Ok(false) };
    match some(connection, bucket)? {
        Some(last) => connection
            .prepare_cached("DELETE FROM entry WHERE bucket = ?1 AND key <= ?2")?
            .execute(params![bucket, last])?,
        None => connection.prepare_cached("DELETE FROM bucket WHERE id = ?1")?.execute([bucket])?,
    };
    Ok(true)
}

/// The last key of as many as are deleted at once; none where there are none.
fn some(connection: &Connection, bucket: i64) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT key, length(value) FROM entry WHERE bucket = ?1 ORDER BY key LIMIT ?2",
    )?;
    let mut rows = statement.query(params![bucket, ENTRIES])?;
    let (mut last, mut bytes) = (None, 0_u64);
    while let Some(row) = rows.next()? {
        if bytes >= BYTES {
            break;
        }
        last = Some(row.get(0)?);
        bytes = bytes.saturating_add(super::codec::read_amount(row, 1)?);
    }
    Ok(last)
}
