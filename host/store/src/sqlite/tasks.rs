//! Which tasks there are, and where their schedules stand.

use std::collections::HashMap;

use horarium_core::{
    name::TaskName,
    schedule::Cursor,
    store::{Registration, TaskState},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::codec::{micros, read_amount, read_instant, read_instant_option};

/// A task's row.
struct Known {
    created_at: Timestamp,
    considered_at: Option<Timestamp>,
    schedule: String,
}

/// Makes these the active tasks.
pub(super) fn register(
    connection: &Connection,
    tasks: &[Registration],
    now: Timestamp,
) -> rusqlite::Result<Vec<TaskState>> {
    connection.execute("UPDATE task SET active = 0", [])?;
    let unfinished = unfinished(connection)?;
    tasks
        .iter()
        .map(|registration| {
            let task = registration.task.clone();
            let cursor = activate(connection, registration, now)?;
            let own = (task.to_string(), registration.schedule.trigger().as_str().to_owned());
            let unfinished = unfinished.get(&own).copied().unwrap_or_default();
            Ok(TaskState { task, cursor, unfinished })
        })
        .collect()
}

fn activate(
    connection: &Connection,
    registration: &Registration,
    now: Timestamp,
) -> rusqlite::Result<Cursor> {
    let name = registration.task.as_str();
    let schedule = registration.schedule.to_string();
    match known(connection, name)? {
        None => {
            connection
                .prepare_cached(
                    "INSERT INTO task (name, created_at, schedule, active) VALUES (?1, ?2, ?3, 1)",
                )?
                .execute(params![name, micros(now), schedule])?;
            Ok(Cursor::Created(now))
        }
        Some(known) if known.schedule == schedule => {
            connection
                .prepare_cached("UPDATE task SET active = 1 WHERE name = ?1")?
                .execute([name])?;
            Ok(known.considered_at.map_or(Cursor::Created(known.created_at), Cursor::Considered))
        }
        Some(known) => {
            let cursor = registration.schedule.restart(known.created_at, now);
            let considered = match cursor {
                Cursor::Created(_) => None,
                Cursor::Considered(at) => Some(micros(at)),
            };
            connection
                .prepare_cached(
                    "UPDATE task SET active = 1, schedule = ?2, considered_at = ?3 WHERE name = ?1",
                )?
                .execute(params![name, schedule, considered])?;
            Ok(cursor)
        }
    }
}

fn known(connection: &Connection, name: &str) -> rusqlite::Result<Option<Known>> {
    connection
        .prepare_cached("SELECT created_at, considered_at, schedule FROM task WHERE name = ?1")?
        .query_row([name], |row| {
            Ok(Known {
                created_at: read_instant(row, "created_at")?,
                considered_at: read_instant_option(row, "considered_at")?,
                schedule: row.get("schedule")?,
            })
        })
        .optional()
}

/// Runs that are not over, counted for each task and trigger that has any.
fn unfinished(connection: &Connection) -> rusqlite::Result<HashMap<(String, String), u64>> {
    connection
        .prepare_cached(
            "SELECT task.name, trigger, count(*) AS runs FROM run JOIN task ON task.id = run.task
             WHERE run.state IN ('scheduled', 'retry_wait', 'running')
             GROUP BY run.task, trigger",
        )?
        .query_map([], |row| {
            Ok(((row.get("name")?, row.get("trigger")?), read_amount(row, "runs")?))
        })?
        .collect()
}

/// A task's number.
pub(super) fn id(connection: &Connection, task: &TaskName) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM task WHERE name = ?1")?
        .query_row([task.as_str()], |row| row.get(0))
        .optional()
}
