//! What attempts leave to the next one of their run.

use horarium_core::{
    attempt::Lease,
    checkpoint::{Checkpoint, CheckpointView},
    run::RunId,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::codec::{micros, read_amount, read_instant};

/// Keeps a value instead of what was there, if the lease is still held. Says whether it is.
pub(super) fn save(
    connection: &Connection,
    lease: Lease,
    value: &[u8],
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let saved = connection
        .prepare_cached(
            "INSERT INTO checkpoint (run, attempt, at, value)
             SELECT id, attempt, ?3, ?4 FROM run
             WHERE id = ?1 AND state = 'running' AND lease = ?2
             ON CONFLICT (run) DO UPDATE
             SET attempt = excluded.attempt, at = excluded.at, value = excluded.value",
        )?
        .execute(params![lease.run.0, lease.number, micros(now), value])?;
    Ok(saved == 1)
}

/// What was saved last.
pub(super) fn load(connection: &Connection, run: RunId) -> rusqlite::Result<Option<Checkpoint>> {
    connection
        .prepare_cached("SELECT attempt, at, value FROM checkpoint WHERE run = ?1")?
        .query_row([run.0], |row| {
            Ok(Checkpoint {
                attempt: row.get("attempt")?,
                at: read_instant(row, "at")?,
                value: row.get("value")?,
            })
        })
        .optional()
}

/// The same without reading the value.
pub(super) fn view(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<Option<CheckpointView>> {
    connection
        .prepare_cached(
            "SELECT attempt, at, length(value) AS bytes FROM checkpoint WHERE run = ?1",
        )?
        .query_row([run.0], |row| {
            Ok(CheckpointView {
                attempt: row.get("attempt")?,
                at: read_instant(row, "at")?,
                bytes: read_amount(row, "bytes")?,
            })
        })
        .optional()
}

/// Has a run that repeats another one go on where that had stopped.
pub(super) fn inherit(connection: &Connection, run: RunId, from: RunId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO checkpoint (run, attempt, at, value)
             SELECT ?1, attempt, at, value FROM checkpoint WHERE run = ?2",
        )?
        .execute([run.0, from.0])
        .map(drop)
}

/// Nobody needs it any more. Says whether there was one.
pub(super) fn forget(connection: &Connection, run: RunId) -> rusqlite::Result<bool> {
    let mut delete = connection.prepare_cached("DELETE FROM checkpoint WHERE run = ?1")?;
    Ok(delete.execute([run.0])? == 1)
}
