//! Forgetting what nobody will look for any more.

use horarium_core::{retention::Retention, store::Pruned};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{
    clear,
    codec::{read_instant, read_instant_option},
    outbox, statistics,
};

/// Runs that are looked at in one transaction.
const WINDOW: u32 = 200;

/// How far a look at the history, from its oldest run to its newest, has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Pass {
    /// The last run that was looked at.
    after: i64,
    /// How many runs there were, up to which one. To count them all takes a while, and
    /// numbers are given one after the other: it is done once.
    counted: Option<Counted>,
}

/// How many runs there are, and which one is the newest of them.
pub(super) type Counted = (u64, i64);

/// What may be forgotten.
struct Old {
    id: i64,
    created_at: Timestamp,
    /// None where it is not over.
    ended_at: Option<Timestamp>,
    /// It is the last one of its task, which tells how that stands, the only one there may
    /// ever be, which tells that it has been, or one that has brought an alert, which nobody
    /// has seen yet.
    needed: bool,
}

/// Looks at the next few runs, and forgets those that need not be kept.
pub(super) fn prune(
    connection: &Connection,
    pass: &mut Pass,
    retention: Retention,
    now: Timestamp,
) -> rusqlite::Result<Pruned> {
    statistics::fold(connection, now)?;
    let more_alerts = outbox::prune(connection)?;
    let more_entries = clear::sweep(connection)?;
    let oldest_end = retention.oldest_end(now);
    let mut excess = match retention.runs {
        Some(most) => pass.count(connection)?.saturating_sub(most),
        None => 0,
    };
    let too_large = match retention.bytes {
        Some(most) => used(connection)? > most,
        None => false,
    };
    let mut pruned = 0;
    let window = window(connection, pass.after)?;
    // Those that follow have begun later, and so have ended later.
    let mut reached = window.is_empty();
    for run in &window {
        pass.after = run.id;
        // One from the future was made while the clock was wrong, and tells nothing.
        let aged = oldest_end.is_some_and(|oldest| run.created_at < oldest || run.created_at > now);
        if !aged && !too_large && excess == 0 {
            reached = true;
            break;
        }
        let outdated = run.ended_at.zip(oldest_end).is_some_and(|(ended, oldest)| ended < oldest);
        if run.ended_at.is_none() || run.needed || !(outdated || too_large || excess > 0) {
            continue;
        }
        forget(connection, run.id)?;
        pruned += 1;
        excess = excess.saturating_sub(1);
    }
    if let Some((runs, _)) = &mut pass.counted {
        *runs = runs.saturating_sub(pruned);
    }
    if reached {
        pass.after = 0;
    }
    Ok(Pruned { runs: pruned, more: !reached || more_alerts || more_entries })
}

impl Pass {
    /// Whether all runs have to be counted for this retention.
    pub(super) fn must_count(&self, retention: Retention) -> bool {
        retention.runs.is_some() && self.counted.is_none()
    }

    /// The runs are counted.
    pub(super) fn is_counted(&mut self, counted: Counted) {
        self.counted = Some(counted);
    }

    fn count(&mut self, connection: &Connection) -> rusqlite::Result<u64> {
        let (runs, newest) = match self.counted {
            Some((runs, up_to)) => {
                let newest: i64 = connection
                    .prepare_cached("SELECT coalesce(max(id), 0) FROM run")?
                    .query_row([], |row| row.get(0))?;
                (runs + u64::try_from(newest - up_to).unwrap_or_default(), newest)
            }
            None => count(connection)?,
        };
        self.counted = Some((runs, newest));
        Ok(runs)
    }
}

/// Counts all runs. That takes as long as there are runs, and nobody who writes should
/// have to wait for it.
pub(super) fn count(connection: &Connection) -> rusqlite::Result<Counted> {
    connection.query_row("SELECT count(*), coalesce(max(id), 0) FROM run", [], |row| {
        Ok((u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default(), row.get(1)?))
    })
}

fn window(connection: &Connection, after: i64) -> rusqlite::Result<Vec<Old>> {
    connection
        .prepare_cached(
            "SELECT id, created_at, ended_at,
                 NOT EXISTS (SELECT 1 FROM run AS newer
                     WHERE newer.task = run.task AND newer.id > run.id)
                     OR trigger IN ('once', 'at')
                     OR EXISTS (SELECT 1 FROM delivery WHERE delivery.run = run.id
                         AND delivery.due_at IS NOT NULL) AS needed
             FROM run WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?
        .query_map(params![after, WINDOW], |row| {
            Ok(Old {
                id: row.get("id")?,
                created_at: read_instant(row, "created_at")?,
                ended_at: read_instant_option(row, "ended_at")?,
                needed: row.get("needed")?,
            })
        })?
        .collect()
}

fn forget(connection: &Connection, run: i64) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM log WHERE run = ?1",
        "DELETE FROM attempt WHERE run = ?1",
        "DELETE FROM checkpoint WHERE run = ?1",
        "DELETE FROM run WHERE id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([run])?;
    }
    Ok(())
}

/// The bytes that are in use. What is free in the file is used again.
fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let pragma = |name: &str| -> rusqlite::Result<u64> {
        let value: i64 = connection.pragma_query_value(None, name, |row| row.get(0))?;
        Ok(u64::try_from(value).unwrap_or_default())
    };
    let pages = pragma("page_count")?.saturating_sub(pragma("freelist_count")?);
    Ok(pages.saturating_mul(pragma("page_size")?))
}
