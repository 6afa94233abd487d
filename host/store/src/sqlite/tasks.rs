//! Which tasks there are, and where their schedules stand.

use std::collections::HashMap;

use horarium_core::{
    name::TaskName,
    run::Trigger,
    schedule::Cursor,
    store::{Pause, Registration, TaskState},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    codec::{amount, micros, read_amount, read_instant, read_instant_option, read_word_option},
    queue,
};

/// A task's row.
struct Known {
    id: i64,
    created_at: Timestamp,
    considered_at: Option<Timestamp>,
    schedule: String,
    active: bool,
    pause: Option<Pause>,
    slots: Option<i64>,
    deadman: Option<i64>,
}

impl Known {
    fn cursor(&self) -> Cursor {
        self.considered_at.map_or(Cursor::Created(self.created_at), Cursor::Considered)
    }
}

/// Makes these the active tasks. Writes what differs and nothing else: of a hundred
/// thousand tasks few have changed.
pub(super) fn register(
    connection: &Connection,
    tasks: &[Registration],
    now: Timestamp,
) -> rusqlite::Result<Vec<TaskState>> {
    let mut known = all(connection)?;
    let unfinished = unfinished(connection)?;
    let mut states = Vec::with_capacity(tasks.len());
    for registration in tasks {
        let known = known.remove(registration.task.as_str());
        let (id, state) = enrol(connection, registration, known, now)?;
        let own = (id, registration.schedule.trigger().as_str().to_owned());
        let unfinished = unfinished.get(&own).copied().unwrap_or_default();
        states.push(TaskState { unfinished, ..state });
    }
    for left_out in known.into_values().filter(|known| known.active) {
        strike(connection, left_out.id)?;
    }
    Ok(states)
}

/// Makes these active, and those that are named inactive. Looks at no others.
pub(super) fn amend(
    connection: &Connection,
    tasks: &[Registration],
    removed: &[TaskName],
    now: Timestamp,
) -> rusqlite::Result<Vec<TaskState>> {
    let mut states = Vec::with_capacity(tasks.len());
    for registration in tasks {
        let known = one(connection, &registration.task)?;
        let (id, state) = enrol(connection, registration, known, now)?;
        let unfinished = unfinished_of(connection, id, registration.schedule.trigger())?;
        states.push(TaskState { unfinished, ..state });
    }
    for task in removed {
        match one(connection, task)? {
            Some(known) if known.active => strike(connection, known.id)?,
            _ => {}
        }
    }
    Ok(states)
}

/// Makes a task active; returns its number and how it stands, but for its runs.
fn enrol(
    connection: &Connection,
    registration: &Registration,
    known: Option<Known>,
    now: Timestamp,
) -> rusqlite::Result<(i64, TaskState)> {
    let (id, cursor, pause) = match known {
        None => (create(connection, registration, now)?, Cursor::Created(now), None),
        Some(known) => {
            let cursor = renew(connection, registration, &known, now)?;
            (known.id, cursor, known.pause)
        }
    };
    let task = registration.task.clone();
    Ok((id, TaskState { task, cursor, unfinished: 0, pause }))
}

/// Makes a task inactive; what of it waits does not start. What is wrong with it stays so
/// until it returns: its plugin may only be late.
fn strike(connection: &Connection, task: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE task SET active = 0 WHERE id = ?1")?.execute([task])?;
    queue::park(connection, task)
}

fn create(
    connection: &Connection,
    registration: &Registration,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO task (name, created_at, schedule, active, slots, deadman, proven_at)
             VALUES (?1, ?2, ?3, 1, ?4, ?5, ?2)",
        )?
        .execute(params![
            registration.task.as_str(),
            micros(now),
            registration.schedule.to_string(),
            slots(registration),
            deadman(registration)
        ])?;
    Ok(connection.last_insert_rowid())
}

/// Makes a known task what it is from now on; returns where its schedule stands.
fn renew(
    connection: &Connection,
    registration: &Registration,
    known: &Known,
    now: Timestamp,
) -> rusqlite::Result<Cursor> {
    let schedule = registration.schedule.to_string();
    let cursor = if known.schedule == schedule {
        known.cursor()
    } else {
        registration.schedule.restart(known.created_at, now)
    };
    let (slots, deadman) = (slots(registration), deadman(registration));
    let same = known.schedule == schedule && known.slots == slots && known.deadman == deadman;
    if same && known.active {
        return Ok(cursor);
    }
    if deadman.is_some() && known.deadman.is_none() {
        prove(connection, known.id, now)?;
    }
    let considered = match cursor {
        Cursor::Created(_) => None,
        Cursor::Considered(at) => Some(micros(at)),
    };
    connection
        .prepare_cached(
            "UPDATE task SET active = 1, schedule = ?2, considered_at = ?3, slots = ?4,
                 deadman = ?5, alarms = CASE WHEN ?5 IS NULL THEN alarms & ~16 ELSE alarms END
             WHERE id = ?1",
        )?
        .execute(params![known.id, schedule, considered, slots, deadman])?;
    if !known.active && known.pause.is_none() {
        queue::unpark(connection, known.id, now)?;
    }
    if known.slots != slots {
        queue::promote(connection, known.id)?;
    }
    Ok(cursor)
}

/// Counts from now on within what time a task should succeed.
fn prove(connection: &Connection, task: i64, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE task SET proven_at = ?2 WHERE id = ?1")?
        .execute(params![task, micros(now)])
        .map(drop)
}

/// In microseconds; what is longer than anything lasts is never over.
fn deadman(registration: &Registration) -> Option<i64> {
    /// A thousand years: it can be added to any instant.
    const LONGEST: u128 = 1_000 * 366 * 24 * 3_600 * 1_000_000;
    let micros = registration.deadman?.as_micros();
    i64::try_from(micros).ok().filter(|_| micros <= LONGEST)
}

fn slots(registration: &Registration) -> Option<i64> {
    registration.overlap.slots().map(amount)
}

fn all(connection: &Connection) -> rusqlite::Result<HashMap<String, Known>> {
    connection
        .prepare_cached(
            "SELECT id, name, created_at, considered_at, schedule, active, pause, slots, deadman
             FROM task",
        )?
        .query_map([], |row| Ok((row.get("name")?, known(row)?)))?
        .collect()
}

fn one(connection: &Connection, task: &TaskName) -> rusqlite::Result<Option<Known>> {
    connection
        .prepare_cached(
            "SELECT id, created_at, considered_at, schedule, active, pause, slots, deadman
             FROM task WHERE name = ?1",
        )?
        .query_row([task.as_str()], known)
        .optional()
}

fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    Ok(Known {
        id: row.get("id")?,
        created_at: read_instant(row, "created_at")?,
        considered_at: read_instant_option(row, "considered_at")?,
        schedule: row.get("schedule")?,
        active: row.get("active")?,
        pause: read_word_option(row, "pause", Pause::from_word)?,
        slots: row.get("slots")?,
        deadman: row.get("deadman")?,
    })
}

/// Runs that are not over, counted for each task and trigger that has any.
fn unfinished(connection: &Connection) -> rusqlite::Result<HashMap<(i64, String), u64>> {
    connection
        .prepare_cached(
            "SELECT task, trigger, count(*) AS runs FROM run WHERE ended_at IS NULL
             GROUP BY task, trigger",
        )?
        .query_map([], |row| {
            Ok(((row.get("task")?, row.get("trigger")?), read_amount(row, "runs")?))
        })?
        .collect()
}

fn unfinished_of(connection: &Connection, task: i64, trigger: Trigger) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "SELECT count(*) AS runs FROM run WHERE task = ?1 AND trigger = ?2
             AND ended_at IS NULL",
        )?
        .query_row(params![task, trigger.as_str()], |row| read_amount(row, "runs"))
}

/// A task's number.
pub(super) fn id(connection: &Connection, task: &TaskName) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM task WHERE name = ?1")?
        .query_row([task.as_str()], |row| row.get(0))
        .optional()
}
