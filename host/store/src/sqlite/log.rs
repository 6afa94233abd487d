//! Lines of logs.

use horarium_core::{
    attempt::Lease,
    log::{Level, LogLine, Source},
    store::{LinePlace, LineView, LogQuery},
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{micros, read_instant, read_word};

/// Adds lines behind those that are there.
pub(super) fn append(
    connection: &Connection,
    lease: Lease,
    lines: &[LogLine],
) -> rusqlite::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let last: i64 = connection
        .prepare_cached("SELECT coalesce(max(line), 0) FROM log WHERE run = ?1 AND lease = ?2")?
        .query_row(params![lease.run.0, lease.number], |row| row.get(0))?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO log (run, lease, line, at, level, source, target, message, place)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (number, line) in (last + 1..).zip(lines) {
        insert.execute(params![
            lease.run.0,
            lease.number,
            number,
            micros(line.at),
            line.level.as_str(),
            line.source.as_str(),
            line.target,
            line.message,
            line.place
        ])?;
    }
    Ok(())
}

/// Adds lines to the log of an attempt that still runs.
pub(super) fn append_if_held(
    connection: &Connection,
    lease: Lease,
    lines: &[LogLine],
) -> rusqlite::Result<()> {
    let held = connection
        .prepare_cached("SELECT 1 FROM run WHERE id = ?1 AND state = 'running' AND lease = ?2")?
        .query_row(params![lease.run.0, lease.number], |_| Ok(()))
        .optional()?;
    match held {
        Some(()) => append(connection, lease, lines),
        None => Ok(()),
    }
}

/// A run's log.
pub(super) fn read(connection: &Connection, query: LogQuery) -> rusqlite::Result<Vec<LineView>> {
    let after = query.after.unwrap_or(LinePlace { lease: i64::MIN, line: 0 });
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut lines = Vec::new();
    let order = if query.last { "lease DESC, line DESC" } else { "lease, line" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT lease, line, at, level, source, target, message, place FROM log
         WHERE run = ?1 AND (?2 IS NULL OR lease = ?2) AND (lease, line) > (?3, ?4)
         ORDER BY {order}"
    ))?;
    let mut rows = statement.query(params![query.run.0, query.lease, after.lease, after.line])?;
    while lines.len() < limit
        && let Some(row) = rows.next()?
    {
        let level = read_word(row, "level", Level::from_word)?;
        if level >= query.least {
            lines.push(line(row, level)?);
        }
    }
    if query.last {
        lines.reverse();
    }
    Ok(lines)
}

fn line(row: &Row<'_>, level: Level) -> rusqlite::Result<LineView> {
    Ok(LineView {
        place: LinePlace { lease: row.get("lease")?, line: row.get("line")? },
        content: LogLine {
            at: read_instant(row, "at")?,
            level,
            source: read_word(row, "source", Source::from_word)?,
            target: row.get("target")?,
            message: row.get("message")?,
            place: row.get("place")?,
        },
    })
}
