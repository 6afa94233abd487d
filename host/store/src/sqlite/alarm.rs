//! Telling that something is wrong with a task, and that it no longer is: in the
//! transaction that records what shows it, and only where that is news.

use horarium_core::{
    alert::{Alert, Condition, Conditions},
    run::RunId,
    text,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{Column, micros, nonsense, read_instant};

/// Runs or tasks that are looked at in one transaction, so that other writers get their turn.
const AT_ONCE: u32 = 1_000;

/// What shows how a task is.
#[derive(Clone, Copy)]
pub(super) struct Sign<'a> {
    pub(super) task: i64,
    pub(super) at: Timestamp,
    pub(super) run: Option<RunId>,
    pub(super) reason: Option<&'a str>,
}

impl Sign<'_> {
    /// Something is wrong. Nothing happens where that is known, or the task is not active.
    pub(super) fn raise(
        self,
        connection: &Connection,
        condition: Condition,
    ) -> rusqlite::Result<()> {
        let new = connection
            .prepare_cached(
                "UPDATE task SET alarms = alarms | ?2 WHERE id = ?1 AND active AND NOT alarms & ?2",
            )?
            .execute(params![self.task, number(condition)])?;
        match new {
            0 => Ok(()),
            _ => self.tell(connection, condition, true, None),
        }
    }

    /// It is no longer. Nothing happens where it was not.
    pub(super) fn clear(
        self,
        connection: &Connection,
        condition: Condition,
    ) -> rusqlite::Result<()> {
        let new = connection
            .prepare_cached("UPDATE task SET alarms = alarms & ~?2 WHERE id = ?1 AND alarms & ?2")?
            .execute(params![self.task, number(condition)])?;
        match new {
            0 => Ok(()),
            _ => self.tell(
                connection,
                condition,
                false,
                raised_at(connection, self.task, condition)?,
            ),
        }
    }

    fn tell(
        self,
        connection: &Connection,
        condition: Condition,
        raised: bool,
        since: Option<i64>,
    ) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "INSERT INTO alert (task, condition, raised, at, since, run, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                self.task,
                condition.as_str(),
                raised,
                micros(self.at),
                since,
                self.run.map(|run| run.0),
                self.reason.map(|reason| text::beginning(reason, Alert::REASON))
            ])?;
        Ok(())
    }
}

fn number(condition: Condition) -> u8 {
    Conditions::from(condition).number()
}

fn raised_at(
    connection: &Connection,
    task: i64,
    condition: Condition,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT at FROM alert WHERE task = ?1 AND condition = ?2 AND raised
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![task, condition.as_str()], |row| row.get(0))
        .optional()
}

/// What is wrong with a task, from a column of a row.
pub(super) fn read(row: &Row<'_>, column: impl Column) -> rusqlite::Result<Conditions> {
    let number: u8 = row.get(column)?;
    Conditions::from_number(number)
        .ok_or_else(|| nonsense(row, column, format!("{number} is no set of conditions")))
}

/// Notices runs that should have begun.
pub(super) fn notice_late(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let late: Vec<(i64, i64)> = connection
        .prepare_cached(
            "SELECT id, task FROM run WHERE late_at > 0 AND queue < 3 AND late_at <= ?1
             ORDER BY late_at LIMIT ?2",
        )?
        .query_map(params![micros(now), AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (run, task) in late {
        let sign = Sign { task, at: now, run: Some(RunId(run)), reason: Some("it still waits") };
        sign.raise(connection, Condition::Lateness)?;
        connection.prepare_cached("UPDATE run SET late_at = 0 WHERE id = ?1")?.execute([run])?;
    }
    Ok(())
}

/// Notices tasks that should have succeeded.
pub(super) fn notice_dead(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let dead: Vec<(i64, Timestamp)> = connection
        .prepare_cached(
            "SELECT id, proven_at FROM task
             WHERE deadman IS NOT NULL AND active AND NOT alarms & 16 AND proven_at + deadman <= ?1
             ORDER BY proven_at + deadman LIMIT ?2",
        )?
        .query_map(params![micros(now), AT_ONCE], |row| Ok((row.get(0)?, read_instant(row, 1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (task, since) in dead {
        let reason = format!("not since {since}");
        let sign = Sign { task, at: now, run: None, reason: Some(&reason) };
        sign.raise(connection, Condition::Deadman)?;
    }
    Ok(())
}
