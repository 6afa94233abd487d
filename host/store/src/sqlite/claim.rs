//! Handing out work.

use horarium_core::{
    attempt::Lease,
    run::{Fire, RunId, Trigger},
    store::{Claim, ClaimedRun, Claims},
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{micros, nonsense, read_instant, read_instant_option, read_word};

/// Leases runs that are due.
pub(super) fn claim(
    connection: &Connection,
    instance: &str,
    claim: &Claim,
) -> rusqlite::Result<Claims> {
    let due: Vec<ClaimedRun> = connection
        .prepare_cached(
            "SELECT run.id AS run, task.name AS task, trigger, scheduled_for, attempt, lease, args
             FROM run JOIN task ON task.id = run.task
             WHERE run.state IN ('scheduled', 'retry_wait') AND run.due_at <= ?1 AND task.active
             ORDER BY run.due_at, run.id LIMIT ?2",
        )?
        .query_map(params![micros(claim.now), claim.limit], |row| waiting(row, instance))?
        .collect::<rusqlite::Result<_>>()?;
    for run in &due {
        lease(connection, run, claim)?;
    }
    Ok(Claims { next_due: next_due(connection)?, runs: due })
}

fn waiting(row: &Row<'_>, instance: &str) -> rusqlite::Result<ClaimedRun> {
    let run = RunId(row.get("run")?);
    Ok(ClaimedRun {
        lease: Lease { run, number: row.get::<_, i64>("lease")? + 1 },
        fire: fire(row)?,
        attempt: row.get::<_, u32>("attempt")? + 1,
        key: key(instance, run),
        args: row.get("args")?,
    })
}

/// What a run with its task's name stands for.
pub(super) fn fire(row: &Row<'_>) -> rusqlite::Result<Fire> {
    let task: String = row.get("task")?;
    Ok(Fire {
        task: task.parse().map_err(|reason| nonsense(row, "task", format!("{reason}")))?,
        trigger: read_word(row, "trigger", Trigger::from_word)?,
        scheduled_for: read_instant(row, "scheduled_for")?,
    })
}

/// A run's idempotency key: no run of any other database has it.
pub(super) fn key(instance: &str, run: RunId) -> String {
    format!("{instance}-{run}")
}

fn lease(connection: &Connection, run: &ClaimedRun, claim: &Claim) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE run SET state = 'running', due_at = NULL, attempt = ?2, lease = ?3,
                 lease_until = ?4, node = ?5, attempt_at = ?6,
                 started_at = coalesce(started_at, ?6)
             WHERE id = ?1",
        )?
        .execute(params![
            run.lease.run.0,
            run.attempt,
            run.lease.number,
            micros(claim.until),
            claim.node,
            micros(claim.now)
        ])?;
    Ok(())
}

fn next_due(connection: &Connection) -> rusqlite::Result<Option<jiff::Timestamp>> {
    connection
        .prepare_cached(
            "SELECT run.due_at AS due_at FROM run JOIN task ON task.id = run.task
             WHERE run.state IN ('scheduled', 'retry_wait') AND task.active
             ORDER BY run.due_at LIMIT 1",
        )?
        .query_row([], |row| read_instant_option(row, "due_at"))
        .optional()
        .map(Option::flatten)
}
