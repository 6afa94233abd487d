//! Writing down that a task is due.

use horarium_core::{
    overlap::Admission,
    run::{Fire, RunId},
    schedule::Cursor,
    store::{RecordedFire, TaskFires},
};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{
    codec::{micros, read_amount},
    tasks,
};

/// Writes fires and cursors.
pub(super) fn record(
    connection: &Connection,
    fires: Vec<TaskFires>,
    now: Timestamp,
) -> rusqlite::Result<Vec<RecordedFire>> {
    let mut recorded = Vec::new();
    for fires in fires {
        // A task that nobody registered has no fires.
        if let Some(task) = tasks::id(connection, &fires.task)? {
            record_task(connection, task, fires, now, &mut recorded)?;
        }
    }
    Ok(recorded)
}

fn record_task(
    connection: &Connection,
    task: i64,
    fires: TaskFires,
    now: Timestamp,
    recorded: &mut Vec<RecordedFire>,
) -> rusqlite::Result<()> {
    let mut unfinished = unfinished(connection, task)?;
    for instant in fires.instants {
        let fire =
            Fire { task: fires.task.clone(), trigger: fires.trigger, scheduled_for: instant };
        let admission = fires.overlap.admit(fires.trigger, unfinished);
        if let Some(run) = insert(connection, task, &fire, admission, now)? {
            unfinished += u64::from(admission == Admission::Run);
            recorded.push(RecordedFire { fire, run, admission });
        }
    }
    if let Cursor::Considered(at) = fires.cursor {
        connection
            // Never back: what was considered stays considered.
            .prepare_cached(
                "UPDATE task SET considered_at = max(coalesce(considered_at, ?2), ?2)
                 WHERE id = ?1",
            )?
            .execute(params![task, micros(at)])?;
    }
    Ok(())
}

fn unfinished(connection: &Connection, task: i64) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "SELECT count(*) AS runs FROM run
             WHERE task = ?1 AND state IN ('scheduled', 'retry_wait', 'running')",
        )?
        .query_row([task], |row| read_amount(row, "runs"))
}

/// Writes a run, unless there is one for this fire.
pub(super) fn insert(
    connection: &Connection,
    task: i64,
    fire: &Fire,
    admission: Admission,
    now: Timestamp,
) -> rusqlite::Result<Option<RunId>> {
    let (state, reason, due_at, ended_at) = match admission {
        Admission::Run => ("scheduled", None, Some(micros(fire.scheduled_for)), None),
        Admission::Skip(reason) => ("skipped", Some(reason.as_str()), None, Some(micros(now))),
    };
    let inserted = connection
        .prepare_cached(
            "INSERT INTO run (task, trigger, scheduled_for, state, reason, created_at, due_at, ended_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (task, trigger, scheduled_for) DO NOTHING",
        )?
        .execute(params![
            task,
            fire.trigger.as_str(),
            micros(fire.scheduled_for),
            state,
            reason,
            micros(now),
            due_at,
            ended_at
        ])?;
    Ok((inserted == 1).then(|| RunId(connection.last_insert_rowid())))
}
