//! What buckets hold.

use horarium_core::{
    effects::{Bucket, Entry, Key, Page, Quota, Stand, Version},
    store::EntryQuery,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{nonsense, read_amount};

/// A bucket's row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) stand: Stand,
}

/// A bucket; none where nobody has written to it.
pub(super) fn known(connection: &Connection, bucket: &Bucket) -> rusqlite::Result<Option<Known>> {
    let (sql, name) = match bucket {
        Bucket::Own(task) => (
            "SELECT id, version, keys, bytes FROM bucket
             WHERE task = (SELECT id FROM task WHERE name = ?1)",
            task.as_str(),
        ),
        Bucket::Shared(name) => {
            ("SELECT id, version, keys, bytes FROM bucket WHERE name = ?1", name.as_str())
        }
    };
    connection.prepare_cached(sql)?.query_row([name], read).optional()
}

/// A bucket's row, with its columns in the usual order.
fn read(row: &Row<'_>) -> rusqlite::Result<Known> {
    let holds = Quota { keys: read_amount(row, 2)?, bytes: read_amount(row, 3)? };
    let stand = Stand { version: Version(read_amount(row, 1)?), holds };
    Ok(Known { id: row.get(0)?, stand })
}

/// What stands under a key. In one statement, so that both are of one moment.
pub(super) fn entry(
    connection: &Connection,
    bucket: &Bucket,
    key: &Key,
) -> rusqlite::Result<(Stand, Option<Entry>)> {
    let (sql, name) = match bucket {
        Bucket::Own(task) => (
            "SELECT id, bucket.version, keys, bytes, entry.version, value
             FROM bucket LEFT JOIN entry ON entry.bucket = id AND key = ?2
             WHERE task = (SELECT id FROM task WHERE name = ?1)",
            task.as_str(),
        ),
        Bucket::Shared(name) => (
            "SELECT id, bucket.version, keys, bytes, entry.version, value
             FROM bucket LEFT JOIN entry ON entry.bucket = id AND key = ?2
             WHERE name = ?1",
            name.as_str(),
        ),
    };
    let found = connection
        .prepare_cached(sql)?
        .query_row(params![name, key.as_str()], |row| {
            let value: Option<Vec<u8>> = row.get(5)?;
            let entry = value.map(|value| {
                Ok::<_, rusqlite::Error>(Entry { value, version: Version(read_amount(row, 4)?) })
            });
            Ok((read(row)?.stand, entry.transpose()?))
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Some of what there is, in the order of the keys.
pub(super) fn entries(
    connection: &Connection,
    query: &EntryQuery,
) -> rusqlite::Result<(Stand, Page)> {
    let EntryQuery { bucket, prefix, after, limit, bytes } = query;
    let Some(Known { id, stand }) = known(connection, bucket)? else {
        return Ok((Stand::default(), Page::default()));
    };
    let mut page = Page::default();
    let mut left = *bytes;
    // What comes after the one and begins with the other is at least the greater of the two.
    let from = after.as_deref().unwrap_or_default().max(prefix);
    let mut statement = connection.prepare_cached(
        "SELECT key, value, version FROM entry WHERE bucket = ?1 AND key >= ?2 ORDER BY key",
    )?;
    let mut rows = statement.query(params![id, from])?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref(0)?.as_str()?;
        if !key.starts_with(prefix) {
            break;
        }
        if Some(key) == after.as_deref() {
            continue;
        }
        if page.entries.len() >= *limit || left == 0 {
            page.more = true;
            break;
        }
        let key = Key::new(key).map_err(|reason| nonsense(row, "key", reason.to_string()))?;
        let entry = Entry { value: row.get(1)?, version: Version(read_amount(row, 2)?) };
        left = left.saturating_sub(Quota::of(&key, &entry.value).bytes);
        page.entries.push((key, entry));
    }
    Ok((stand, page))
}
