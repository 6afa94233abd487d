//! Putting a task, or everything, aside, and going on with it.

use horarium_core::{
    alert::Condition,
    name::TaskName,
    store::{Pause, Scope},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    alarm::Sign,
    codec::{micros, read_amount, read_instant},
    queue,
    queue::Gate,
    tasks,
};

/// Lets nothing of a task, or nothing at all, start. Says whether there is such a task.
pub(super) fn pause(
    connection: &Connection,
    scope: &Scope,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    match scope {
        Scope::All => {
            connection
                .prepare_cached("INSERT OR IGNORE INTO meta (key, value) VALUES ('paused_at', ?1)")?
                .execute([micros(now).to_string()])?;
            Ok(true)
        }
        Scope::Task(task) => pause_task(connection, task, now),
    }
}

fn pause_task(connection: &Connection, task: &TaskName, now: Timestamp) -> rusqlite::Result<bool> {
    let Some(id) = tasks::id(connection, task)? else { return Ok(false) };
    connection
        .prepare_cached(
            "UPDATE task SET pause = ?2, paused_at = coalesce(paused_at, ?3) WHERE id = ?1",
        )?
        .execute(params![id, Pause::Paused.as_str(), micros(now)])?;
    queue::park(connection, id)?;
    Ok(true)
}

/// Lets a task's runs, or all, start again. Says whether there is such a task.
pub(super) fn resume(
    connection: &Connection,
    scope: &Scope,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    match scope {
        Scope::All => {
            connection.prepare_cached("DELETE FROM meta WHERE key = 'paused_at'")?.execute([])?;
            Ok(true)
        }
        Scope::Task(task) => resume_task(connection, task, now),
    }
}

/// Forgives a task's failures as well.
fn resume_task(connection: &Connection, task: &TaskName, now: Timestamp) -> rusqlite::Result<bool> {
    let Some(id) = tasks::id(connection, task)? else { return Ok(false) };
    connection
        .prepare_cached(
            "UPDATE task SET pause = NULL, paused_at = NULL, failures = 0 WHERE id = ?1",
        )?
        .execute([id])?;
    let sign = Sign { task: id, at: now, run: None, reason: None };
    sign.clear(connection, Condition::Quarantine)?;
    if Gate::of(connection, id)?.is_open() {
        queue::unpark(connection, id, now)?;
    }
    Ok(true)
}

/// Whether nothing of this starts.
pub(super) fn is_paused(connection: &Connection, scope: &Scope) -> rusqlite::Result<bool> {
    match scope {
        Scope::All => all_since(connection).map(|since| since.is_some()),
        Scope::Task(task) => connection
            .prepare_cached("SELECT 1 FROM task WHERE name = ?1 AND pause IS NOT NULL")?
            .exists([task.as_str()]),
    }
}

/// How many tasks are put aside each by itself, of those that there are.
pub(super) fn aside(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT count(*) FROM task WHERE pause IS NOT NULL AND active")?
        .query_row([], |row| read_amount(row, 0))
}

/// Since when nothing starts at all. A flag beside the runs, and no word in each of
/// them: there may be a million.
pub(super) fn all_since(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached(
            "SELECT CAST(value AS INTEGER) AS paused_at FROM meta WHERE key = 'paused_at'",
        )?
        .query_row([], |row| read_instant(row, "paused_at"))
        .optional()
}
