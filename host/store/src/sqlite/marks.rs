//! Runs as marks in a picture: little of each, of many.

use horarium_core::{
    run::{RunId, RunState},
    store::{MarkQuery, RunMark},
};
use rusqlite::{Connection, Row, params};

use super::codec::{micros, read_amount, read_instant, read_instant_option, read_word};

/// A list for each task that is asked for, newest run first.
pub(super) fn marks(
    connection: &Connection,
    query: &MarkQuery,
) -> rusqlite::Result<Vec<Vec<RunMark>>> {
    let since = query.since.map_or(i64::MIN, micros);
    let before = query.before.map_or(i64::MAX, |run| run.0);
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT id, state, reason, scheduled_for, created_at, due_at, started_at, ended_at,
             fuel, wall_us
         FROM run WHERE task = (SELECT id FROM task WHERE name = ?1) AND id < ?3
         ORDER BY id DESC LIMIT ?2",
    )?;
    let mut all = Vec::with_capacity(query.tasks.len());
    for task in &query.tasks {
        let mut rows = statement.query(params![task.as_str(), query.limit, before])?;
        let mut marks = Vec::new();
        // Numbers are given in the order in which runs are recorded: what comes after an
        // older one is older still.
        while marks.len() < limit
            && let Some(row) = rows.next()?
            && row.get::<_, i64>("created_at")? >= since
        {
            marks.push(mark(row)?);
        }
        all.push(marks);
    }
    Ok(all)
}

fn mark(row: &Row<'_>) -> rusqlite::Result<RunMark> {
    let reason: Option<String> = row.get("reason")?;
    let amount = |column| {
        let there = row.get::<_, Option<i64>>(column)?;
        there.map(|_| read_amount(row, column)).transpose()
    };
    Ok(RunMark {
        run: RunId(row.get("id")?),
        state: read_word(row, "state", |word| RunState::from_words(word, reason.as_deref()))?,
        scheduled_for: read_instant(row, "scheduled_for")?,
        due_at: read_instant_option(row, "due_at")?,
        started_at: read_instant_option(row, "started_at")?,
        ended_at: read_instant_option(row, "ended_at")?,
        fuel: amount("fuel")?,
        wall_us: amount("wall_us")?,
    })
}
