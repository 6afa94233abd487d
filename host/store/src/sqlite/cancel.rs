//! Ending a run that nobody wants any more.

use horarium_core::{
    attempt::Lease,
    chain::Chains,
    run::{RunId, RunState},
    store::{Cancelled, CancelledRun},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    chains::{self, Over},
    claim::fire,
    codec::{micros, read_instant, read_word},
    queue,
};

/// Ends a run that waits; notes of one that runs that it is to end.
pub(super) fn cancel(
    connection: &Connection,
    chains: &Chains,
    run: RunId,
    now: Timestamp,
) -> rusqlite::Result<Cancelled> {
    let found = connection
        .prepare_cached(
            "SELECT run.task AS number, task.name AS task, trigger, scheduled_for, state, reason,
                 lease, run.created_at AS created_at, root
             FROM run JOIN task ON task.id = run.task WHERE run.id = ?1",
        )?
        .query_row([run.0], |row| {
            let reason: Option<String> = row.get("reason")?;
            let state =
                read_word(row, "state", |word| RunState::from_words(word, reason.as_deref()))?;
            let created_at = read_instant(row, "created_at")?;
            let found = CancelledRun { run, fire: fire(row)?, created_at };
            let root = row.get::<_, Option<i64>>("root")?.map(RunId);
            Ok((row.get::<_, i64>("number")?, found, state, row.get("lease")?, root))
        })
        .optional()?;
    let Some((task, found, state, number, root)) = found else { return Ok(Cancelled::Unknown) };
    match state {
        RunState::Ended(_) => Ok(Cancelled::Ended),
        RunState::Running => {
            connection
                .prepare_cached(
                    "UPDATE run SET cancelled_at = coalesce(cancelled_at, ?2) WHERE id = ?1",
                )?
                .execute(params![run.0, micros(now)])?;
            Ok(Cancelled::Running(Lease { run, number }))
        }
        RunState::Scheduled | RunState::RetryWait => {
            connection
                .prepare_cached(
                    "UPDATE run SET state = 'cancelled', ended_at = ?2, cancelled_at = ?2,
                         queue = NULL, due_at = NULL
                     WHERE id = ?1",
                )?
                .execute(params![run.0, micros(now)])?;
            queue::promote(connection, task)?;
            let over = Over { run, task: &found.fire.task, root };
            let followers = chains::follow(connection, chains, over, now)?;
            Ok(Cancelled::Over { run: found, followers })
        }
    }
}
