//! What buckets hold, as operators see it.

use horarium_core::{
    effects::{Bucket, Key, Quota, Stand, Version},
    run::RunId,
    store::{BucketQuery, BucketView, Record, RecordQuery, Records},
};
use rusqlite::{Connection, Row, params};

use super::{
    buckets::{self, Known},
    codec::{nonsense, read_amount, read_instant},
};

/// Buckets that hold anything, by name: those of single tasks come first.
pub(super) fn buckets(
    connection: &Connection,
    query: &BucketQuery,
) -> rusqlite::Result<Vec<BucketView>> {
    let mut found = Vec::new();
    let (own, shared) = match &query.after {
        None => (Some(""), ""),
        Some(Bucket::Own(task)) => (Some(task.as_str()), ""),
        Some(Bucket::Shared(name)) => (None, name.as_str()),
    };
    if let Some(after) = own {
        let mut statement = connection.prepare_cached(
            "SELECT task.name, version, keys, bytes FROM task JOIN bucket ON bucket.task = task.id
             WHERE task.name > ?1 AND keys > 0 ORDER BY task.name LIMIT ?2",
        )?;
        for view in statement.query_map(params![after, query.limit], |row| view(row, true))? {
            found.push(view?);
        }
    }
    let left = query.limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
    // No name is less than `0`: those that are belong to what was cleared.
    let mut statement = connection.prepare_cached(
        "SELECT name, version, keys, bytes FROM bucket
         WHERE name > ?1 AND name >= '0' AND keys > 0 ORDER BY name LIMIT ?2",
    )?;
    for view in statement.query_map(params![shared, left], |row| view(row, false))? {
        found.push(view?);
    }
    Ok(found)
}

fn view(row: &Row<'_>, is_own: bool) -> rusqlite::Result<BucketView> {
    let name = row.get_ref(0)?.as_str()?;
    let bucket = match is_own {
        true => name.parse().map(Bucket::Own),
        false => name.parse().map(Bucket::Shared),
    };
    let bucket = bucket.map_err(|reason| nonsense(row, "name", reason.to_string()))?;
    let holds = Quota { keys: read_amount(row, "keys")?, bytes: read_amount(row, "bytes")? };
    let version = Version(read_amount(row, "version")?);
    Ok(BucketView { bucket, stand: Stand { version, holds } })
}

/// Some of what there is, in the order of the keys.
pub(super) fn records(
    connection: &Connection,
    query: &RecordQuery,
) -> rusqlite::Result<(Stand, Records)> {
    let entries = &query.entries;
    let Some(Known { id, stand }) = buckets::known(connection, &entries.bucket)? else {
        return Ok((Stand::default(), Records::default()));
    };
    let mut found = Records::default();
    let mut left = entries.bytes;
    let after = entries.after.as_deref();
    // What comes after the one and begins with the other is at least the greater of the two.
    let from = after.unwrap_or_default().max(&entries.prefix);
    // The length alone is told without reading the value.
    let mut statement = connection.prepare_cached(match query.values {
        true => {
            "SELECT key, length(value) AS bytes, version, at, run, value FROM entry
             WHERE bucket = ?1 AND key >= ?2 ORDER BY key"
        }
        false => {
            "SELECT key, length(value) AS bytes, version, at, run, NULL AS value FROM entry
             WHERE bucket = ?1 AND key >= ?2 ORDER BY key"
        }
    })?;
    let mut rows = statement.query(params![id, from])?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref("key")?.as_str()?;
        if !key.starts_with(&entries.prefix) {
            break;
        }
        if Some(key) == after {
            continue;
        }
        if found.records.len() >= entries.limit || left == 0 {
            found.more = true;
            break;
        }
        let record = record(row)?;
        let value = record.value.as_deref().unwrap_or_default();
        left = left.saturating_sub(Quota::of(&record.key, value).bytes);
        found.records.push(record);
    }
    Ok((stand, found))
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let key = Key::new(row.get_ref("key")?.as_str()?);
    Ok(Record {
        key: key.map_err(|reason| nonsense(row, "key", reason.to_string()))?,
        bytes: read_amount(row, "bytes")?,
        version: Version(read_amount(row, "version")?),
        at: read_instant(row, "at")?,
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
        value: row.get("value")?,
    })
}
