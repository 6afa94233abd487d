//! Recording what a success brings with it.

use horarium_core::{
    effects::{Bucket, Changes, Effects, Key, Quota, Seen, Unfit, Version},
    run::RunId,
    store::Edited,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    buckets::{self, Known},
    codec::{amount, micros, read_amount},
    tasks,
};

/// Whose effects they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct By {
    /// None where an operator changes something.
    pub(super) run: Option<RunId>,
    pub(super) at: Timestamp,
}

/// Records effects, or says why they can't be, and records none of them.
pub(super) fn record(
    connection: &Connection,
    effects: &Effects,
    by: By,
) -> rusqlite::Result<Option<Unfit>> {
    // Nearly always. What was only read is of no consequence.
    if effects.is_empty() {
        return Ok(None);
    }
    let mut fitting = Vec::with_capacity(effects.state.len());
    for changes in &effects.state {
        match fit(connection, changes)? {
            Ok(fit) => fitting.push((changes, fit)),
            Err(unfit) => return Ok(Some(unfit)),
        }
    }
    for (changes, fit) in fitting.into_iter().filter(|(changes, _)| !changes.writes.is_empty()) {
        apply(connection, changes, fit, by)?;
    }
    Ok(None)
}

/// Makes an operator's changes, or says why not, and makes none of them.
pub(super) fn edit(
    connection: &Connection,
    changes: &Changes,
    at: Timestamp,
) -> rusqlite::Result<Edited> {
    if let Bucket::Own(task) = &changes.bucket
        && tasks::id(connection, task)?.is_none()
    {
        return Ok(Edited::Unknown);
    }
    match fit(connection, changes)? {
        Ok(fit) => apply(connection, changes, fit, By { run: None, at })?,
        Err(unfit) => return Ok(Edited::Unfit(unfit)),
    }
    let known = buckets::known(connection, &changes.bucket)?;
    Ok(Edited::Made(known.map(|known| known.stand).unwrap_or_default()))
}

/// Changes that can be made.
struct Fit {
    /// The bucket, where there is one.
    known: Option<Known>,
    /// What it will hold.
    holds: Quota,
}

/// Whether changes can be made: nobody has changed what was read, and there is room.
fn fit(connection: &Connection, changes: &Changes) -> rusqlite::Result<Result<Fit, Unfit>> {
    let Changes { bucket, quota, seen, writes } = changes;
    let known = buckets::known(connection, bucket)?;
    let stand = known.map(|known| known.stand).unwrap_or_default();
    let unchanged = match seen {
        Seen::Nothing => true,
        Seen::All(version) => *version == stand.version,
        Seen::Keys(keys) => are_unchanged(connection, known, keys)?,
    };
    if !unchanged {
        return Ok(Err(Unfit::Conflict { bucket: bucket.clone() }));
    }
    let mut holds = stand.holds;
    for (key, value) in writes {
        let before = known.map_or(Ok(None), |known| size(connection, known.id, key))?;
        if let Some(before) = before {
            holds = holds.minus(before);
        }
        if let Some(value) = value {
            holds = holds.plus(Quota::of(key, value));
        }
    }
    Ok(match quota.admits(&stand.holds, &holds) {
        true => Ok(Fit { known, holds }),
        false => {
            let (bucket, quota, wanted) = (bucket.clone(), *quota, holds);
            Err(Unfit::Quota { bucket, quota, wanted })
        }
    })
}

fn are_unchanged<'k>(
    connection: &Connection,
    known: Option<Known>,
    keys: impl IntoIterator<Item = (&'k Key, &'k Option<Version>)>,
) -> rusqlite::Result<bool> {
    let mut statement =
        connection.prepare_cached("SELECT version FROM entry WHERE bucket = ?1 AND key = ?2")?;
    for (key, version) in keys {
        let now = match known {
            Some(known) => statement
                .query_row(params![known.id, key.as_str()], |row| read_amount(row, 0).map(Version))
                .optional()?,
            None => None,
        };
        if now != *version {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is counted for an entry that is there.
fn size(connection: &Connection, bucket: i64, key: &Key) -> rusqlite::Result<Option<Quota>> {
    let length = connection
        .prepare_cached("SELECT length(value) FROM entry WHERE bucket = ?1 AND key = ?2")?
        .query_row(params![bucket, key.as_str()], |row| read_amount(row, 0))
        .optional()?;
    let of = |length| Quota { bytes: length, keys: 0 }.plus(Quota::of(key, &[]));
    Ok(length.map(of))
}

fn apply(connection: &Connection, changes: &Changes, fit: Fit, by: By) -> rusqlite::Result<()> {
    let Fit { known, holds } = fit;
    let version = known.map_or(0, |known| known.stand.version.0) + 1;
    let id = match known {
        Some(known) => {
            connection
                .prepare_cached(
                    "UPDATE bucket SET version = ?2, keys = ?3, bytes = ?4 WHERE id = ?1",
                )?
                .execute(params![
                    known.id,
                    amount(version),
                    amount(holds.keys),
                    amount(holds.bytes)
                ])?;
            known.id
        }
        None => make(connection, &changes.bucket, version, holds)?,
    };
    let mut write = connection.prepare_cached(
        "INSERT INTO entry (bucket, key, value, version, at, run) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (bucket, key) DO UPDATE
             SET value = ?3, version = ?4, at = ?5, run = ?6",
    )?;
    let mut delete =
        connection.prepare_cached("DELETE FROM entry WHERE bucket = ?1 AND key = ?2")?;
    let run = by.run.map(|run| run.0);
    for (key, value) in &changes.writes {
        let key = key.as_str();
        match value {
            Some(value) => {
                write.execute(params![id, key, value, amount(version), micros(by.at), run])?
            }
            None => delete.execute(params![id, key])?,
        };
    }
    Ok(())
}

fn make(
    connection: &Connection,
    bucket: &Bucket,
    version: u64,
    holds: Quota,
) -> rusqlite::Result<i64> {
    let (task, name) = match bucket {
        Bucket::Own(task) => (tasks::id(connection, task)?, None),
        Bucket::Shared(name) => (None, Some(name.as_str())),
    };
    connection
        .prepare_cached(
            "INSERT INTO bucket (task, name, version, keys, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![task, name, amount(version), amount(holds.keys), amount(holds.bytes)])?;
    Ok(connection.last_insert_rowid())
}
