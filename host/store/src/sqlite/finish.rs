//! Writing down how an attempt ended and what follows.

use horarium_core::{
    attempt::AttemptEnd,
    overlap::Admission,
    run::RunEnd,
    store::{Finish, Finished},
    transition::Transition,
    verdict::Verdict,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    codec::{amount, micros},
    fires, log,
};

/// What the run's row knows of the attempt that ends.
struct Current {
    task: i64,
    attempt: i64,
    node: String,
    started_at: i64,
}

/// Records the end of an attempt, if its lease is still held.
pub(super) fn finish(connection: &Connection, finish: &Finish) -> rusqlite::Result<Finished> {
    let Some(current) = current(connection, finish)? else {
        return Ok(Finished::Superseded);
    };
    move_run(connection, finish)?;
    record_attempt(connection, finish, &current)?;
    log::append(connection, finish.lease, &finish.log)?;
    if let Some(fire) = &finish.follow_up {
        fires::insert(connection, current.task, fire, Admission::Run, finish.end.at)?;
    }
    Ok(Finished::Recorded)
}

fn current(connection: &Connection, finish: &Finish) -> rusqlite::Result<Option<Current>> {
    connection
        .prepare_cached(
            "SELECT task, attempt, node, attempt_at FROM run
             WHERE id = ?1 AND state = 'running' AND lease = ?2",
        )?
        .query_row(params![finish.lease.run.0, finish.lease.number], |row| {
            Ok(Current {
                task: row.get("task")?,
                attempt: row.get("attempt")?,
                node: row.get("node")?,
                started_at: row.get("attempt_at")?,
            })
        })
        .optional()
}

fn move_run(connection: &Connection, finish: &Finish) -> rusqlite::Result<()> {
    let (state, due_at, ended_at, refund) = match finish.transition {
        Transition::End(RunEnd::Verdict(kind)) => {
            (kind.as_str(), None, Some(micros(finish.end.at)), 0)
        }
        Transition::End(RunEnd::Skipped(_)) => ("skipped", None, Some(micros(finish.end.at)), 0),
        Transition::Retry(at) => ("retry_wait", Some(micros(at)), None, 0),
        Transition::Refund(at) => ("scheduled", Some(micros(at)), None, 1),
    };
    let reason = match finish.transition {
        Transition::End(RunEnd::Skipped(reason)) => Some(reason.as_str()),
        _ => None,
    };
    let verdict = &finish.end.outcome.verdict;
    let output = match verdict {
        Verdict::Succeeded { output } => output.as_deref(),
        _ => None,
    };
    connection
        .prepare_cached(
            "UPDATE run SET state = ?2, due_at = ?3, ended_at = ?4, attempt = attempt - ?5,
                 error = ?6, output = ?7, reason = ?8,
                 lease_until = NULL, node = NULL, attempt_at = NULL
             WHERE id = ?1",
        )?
        .execute(params![
            finish.lease.run.0,
            state,
            due_at,
            ended_at,
            refund,
            verdict.error(),
            output,
            reason
        ])?;
    Ok(())
}

fn record_attempt(
    connection: &Connection,
    finish: &Finish,
    current: &Current,
) -> rusqlite::Result<()> {
    let AttemptEnd { at, outcome } = &finish.end;
    let backtrace = match &outcome.verdict {
        Verdict::Trapped(trap) if !trap.backtrace.is_empty() => Some(trap.backtrace.join("\n")),
        _ => None,
    };
    connection
        .prepare_cached(
            "INSERT INTO attempt (run, lease, number, node, started_at, ended_at, verdict, error,
                 backtrace, fuel, peak_memory, wall_us, plugin)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            finish.lease.run.0,
            finish.lease.number,
            current.attempt,
            current.node,
            current.started_at,
            micros(*at),
            outcome.verdict.kind().as_str(),
            outcome.verdict.error(),
            backtrace,
            outcome.usage.fuel.map(amount),
            amount(outcome.usage.peak_memory),
            i64::try_from(outcome.usage.wall.as_micros()).unwrap_or(i64::MAX),
            outcome.plugin.map(|digest| digest.to_string())
        ])?;
    Ok(())
}
