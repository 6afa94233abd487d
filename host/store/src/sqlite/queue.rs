//! What a run waits for.
//!
//! A task has so many slots. A run has one from when it may begin until it is over, its
//! retries included; one that is held waits for one, and one whose time has not come
//! has none yet. Those that may begin right now are ready, in an index of their own:
//! however many others wait, a claim looks at what it takes and at nothing else.

use std::{collections::BTreeSet, time::Duration};

use horarium_core::{
    alert::Conditions,
    attempt::Lease,
    name::TaskName,
    overlap::Backlog,
    run::{Fire, RunId, Trigger},
    store::{CancelledRun, Pause, WaitsFor},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    alarm,
    codec::{amount, micros, nonsense, read_amount, read_instant, read_word, read_word_option},
    outbox,
};

/// It waits for a slot: for another run of its task to be over.
pub(super) const HELD: i64 = 0;
/// It waits for its time.
pub(super) const LATER: i64 = 1;
/// It waits for a claim.
pub(super) const READY: i64 = 2;
/// It waits for its task to be active again, or to go on.
pub(super) const PARKED: i64 = 3;

/// What the run in this row waits for, in words.
pub(super) fn read(
    row: &Row<'_>,
    [queue, all_paused, active, abandoned]: [usize; 4],
) -> rusqlite::Result<Option<WaitsFor>> {
    Ok(Some(match row.get::<_, Option<i64>>(queue)? {
        None if row.get(abandoned)? && !row.get::<_, bool>(active)? => WaitsFor::Configuration,
        None => return Ok(None),
        Some(HELD) => WaitsFor::EarlierRun,
        Some(LATER) => WaitsFor::Time,
        Some(READY) if row.get(all_paused)? => WaitsFor::Host,
        Some(READY) => WaitsFor::Slot,
        Some(PARKED) if row.get(active)? => WaitsFor::Task,
        Some(PARKED) => WaitsFor::Configuration,
        Some(other) => return Err(nonsense(row, queue, format!("{other} means nothing"))),
    }))
}

/// What decides how a task's runs wait.
#[derive(Clone, Copy)]
pub(super) struct Gate {
    /// The task's number.
    pub(super) task: i64,
    pub(super) active: bool,
    pub(super) pause: Option<Pause>,
    /// The most runs that go on at once; any number where none.
    pub(super) slots: Option<u64>,
    /// What is wrong with the task.
    pub(super) alarms: Conditions,
}

impl Gate {
    /// The gate of a task.
    pub(super) fn of(connection: &Connection, task: i64) -> rusqlite::Result<Self> {
        connection
            .prepare_cached("SELECT active, pause, slots, alarms FROM task WHERE id = ?1")?
            .query_row([task], |row| Self::read(row, task, [0, 1, 2, 3]))
    }

    /// The gate of a task that is in these columns of a row.
    pub(super) fn read(
        row: &Row<'_>,
        task: i64,
        [active, pause, slots, alarms]: [usize; 4],
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            task,
            active: row.get(active)?,
            pause: read_word_option(row, pause, Pause::from_word)?,
            slots: row.get::<_, Option<i64>>(slots)?.map(|slots| u64::try_from(slots).unwrap_or(1)),
            alarms: alarm::read(row, alarms)?,
        })
    }

    /// Whether anything of the task may start.
    pub(super) fn is_open(self) -> bool {
        self.active && self.pause.is_none()
    }

    /// What a run that entered waits for.
    pub(super) fn entered(self, due_at: Timestamp, now: Timestamp) -> i64 {
        match (self.is_open(), due_at <= now) {
            (false, _) => PARKED,
            (true, true) => READY,
            (true, false) => LATER,
        }
    }
}

/// A task's runs that are not over.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Occupied {
    /// As its overlap policy sees them: what is made up for stands in nobody's way.
    pub(super) backlog: Backlog,
    /// Slots that are taken, by whatever.
    pub(super) taken: u64,
}

/// Counts a task's runs; not where their number makes no difference.
pub(super) fn occupied(connection: &Connection, gate: Gate) -> rusqlite::Result<Occupied> {
    if gate.slots.is_none() {
        return Ok(Occupied::default());
    }
    let (taken, entered) = taken(connection, gate.task)?;
    let held = connection
        .prepare_cached(
            "SELECT count(*) FROM run WHERE task = ?1 AND queue = 0 AND trigger <> 'backfill'",
        )?
        .query_row([gate.task], |row| read_amount(row, 0))?;
    Ok(Occupied { backlog: Backlog { entered, held }, taken })
}

/// How many of a task's slots are taken, and how many of these not by what is made up for.
fn taken(connection: &Connection, task: i64) -> rusqlite::Result<(u64, u64)> {
    connection
        .prepare_cached(
            // In the words of the index: whoever has none may wait by the thousand.
            "SELECT count(*), count(*) FILTER (WHERE trigger <> 'backfill') FROM run
             WHERE task = ?1 AND (state <> 'scheduled' OR queue = 2) = 1 AND ended_at IS NULL",
        )?
        .query_row([task], |row| Ok((read_amount(row, 0)?, read_amount(row, 1)?)))
}

/// How many of a task's runs are not over; no more than `limit` are counted.
pub(super) fn open(connection: &Connection, task: i64, limit: u64) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM
                 (SELECT 1 FROM run WHERE task = ?1 AND ended_at IS NULL LIMIT ?2)",
        )?
        .query_row(params![task, amount(limit)], |row| read_amount(row, 0))
}

/// Gives free slots to the runs that wait for them, the oldest first; to those that
/// are made up for last.
pub(super) fn promote(connection: &Connection, task: i64) -> rusqlite::Result<()> {
    let waiting = connection
        .prepare_cached("SELECT 1 FROM run WHERE task = ?1 AND queue = 0 LIMIT 1")?
        .query_row([task], |_| Ok(()))
        .optional()?;
    // Almost always.
    if waiting.is_none() {
        return Ok(());
    }
    let gate = Gate::of(connection, task)?;
    if !gate.is_open() {
        return Ok(());
    }
    let (taken, _) = taken(connection, task)?;
    let free = gate.slots.map_or(u64::MAX, |slots| slots.saturating_sub(taken));
    connection
        .prepare_cached(
            "UPDATE run SET queue = 2
             WHERE id IN (SELECT id FROM run WHERE task = ?1 AND queue = 0
                 ORDER BY trigger = 'backfill', id LIMIT ?2)",
        )?
        .execute(params![task, i64::try_from(free).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// Has a task's runs wait for the task.
pub(super) fn park(connection: &Connection, task: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE run SET queue = 3 WHERE task = ?1 AND ended_at IS NULL AND queue IN (1, 2)",
        )?
        .execute([task])?;
    Ok(())
}

/// Has them wait for their time, for a slot, and for a claim, again.
pub(super) fn unpark(connection: &Connection, task: i64, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE run SET queue = CASE
                 WHEN due_at > ?2 THEN 1
                 WHEN state = 'retry_wait' THEN 2
                 ELSE 0
             END
             WHERE task = ?1 AND ended_at IS NULL AND queue = 3",
        )?
        .execute(params![task, micros(now)])?;
    promote(connection, task)
}

/// Has those whose time has come wait for a slot, where they have none and need one, and
/// makes all others ready.
pub(super) fn ripen(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE run SET queue = 2
             WHERE queue = 1 AND due_at <= ?1 AND (state = 'retry_wait'
                 OR (SELECT slots IS NULL FROM task WHERE id = run.task))",
        )?
        .execute([micros(now)])?;
    let tasks: BTreeSet<i64> = connection
        .prepare_cached("UPDATE run SET queue = 0 WHERE queue = 1 AND due_at <= ?1 RETURNING task")?
        .query_map([micros(now)], |row| row.get("task"))?
        .collect::<rusqlite::Result<_>>()?;
    tasks.into_iter().try_for_each(|task| promote(connection, task))
}

/// Has runs that wait for a length of time be due earlier, after the clock was set back.
pub(super) fn set_back(
    connection: &Connection,
    by: Duration,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "UPDATE run SET due_at = max(due_at - ?1, ?2)
             WHERE ended_at IS NULL AND due_at > ?2
                 AND (state = 'retry_wait' OR trigger = 'continuous')",
        )?
        .execute([by, micros(now)])?;
    outbox::set_back(connection, by, now)?;
    // Nothing has succeeded later than now.
    connection
        .prepare_cached(
            "UPDATE task SET proven_at = ?1 WHERE deadman IS NOT NULL AND proven_at > ?1",
        )?
        .execute([micros(now)])?;
    Ok(())
}

/// What makes way.
pub(super) struct Replaced {
    /// Runs that waited, and are over.
    pub(super) ended: Vec<CancelledRun>,
    /// Runs that are to end, by their leases.
    pub(super) running: Vec<Lease>,
}

/// Ends every run of a task that waits, as cancelled, and notes of those that run
/// that they are to end; but for those that are made up for, and those whose time has
/// not come. Returns the former, and the leases of the latter.
pub(super) fn cancel_all(
    connection: &Connection,
    task: i64,
    name: &TaskName,
    now: Timestamp,
) -> rusqlite::Result<Replaced> {
    let ended = connection
        .prepare_cached(
            "UPDATE run SET state = 'cancelled', ended_at = ?2, cancelled_at = ?2,
                 queue = NULL, due_at = NULL
             WHERE task = ?1 AND ended_at IS NULL AND state <> 'running'
                 AND trigger <> 'backfill' AND NOT (state = 'scheduled' AND due_at > ?2)
             RETURNING id, trigger, scheduled_for, created_at",
        )?
        .query_map(params![task, micros(now)], |row| {
            let fire = Fire {
                task: name.clone(),
                trigger: read_word(row, "trigger", Trigger::from_word)?,
                scheduled_for: read_instant(row, "scheduled_for")?,
            };
            let created_at = read_instant(row, "created_at")?;
            Ok(CancelledRun { run: RunId(row.get("id")?), fire, created_at })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let running = connection
        .prepare_cached(
            "UPDATE run SET cancelled_at = coalesce(cancelled_at, ?2)
             WHERE task = ?1 AND ended_at IS NULL AND state = 'running'
                 AND trigger <> 'backfill'
             RETURNING id, lease",
        )?
        .query_map(params![task, micros(now)], |row| {
            Ok(Lease { run: RunId(row.get("id")?), number: row.get("lease")? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Replaced { ended, running })
}
