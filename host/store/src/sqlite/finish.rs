//! Writing down how an attempt ended and what follows.

use horarium_core::{
    alert::Condition,
    attempt::AttemptEnd,
    chain::Chains,
    effects::Unfit,
    run::{Fire, RunEnd, RunId, RunState},
    store::{Finish, Finished, NewFire},
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    admission::Origin,
    alarm::Sign,
    chains::{self, Over},
    checkpoints, children,
    claim::fire_in,
    codec::{amount, micros},
    effects, fires, log,
    queue::{self, Gate, Occupied},
};

/// What the run's row knows of the attempt that ends.
struct Current {
    fire: Fire,
    cancelled: bool,
    gate: Gate,
    /// Runs of its task that failed in a row before it.
    failures: i64,
    /// Whether no other run of its task is under way or waits: nearly always.
    alone: bool,
    /// Whether its task should succeed within some time.
    has_deadman: bool,
    /// The run at the top of its tree, where that is another one.
    root: Option<RunId>,
}

/// Records the end of an attempt, if its lease is still held.
pub(super) fn finish(
    connection: &Connection,
    chains: &Chains,
    finish: &Finish,
) -> rusqlite::Result<Finished> {
    let Some(current) = current(connection, finish)? else {
        return Ok(Finished::Superseded);
    };
    let unfit = effects(connection, finish)?;
    let spoiled = unfit.as_ref().map(|unfit| finish.spoiled(unfit));
    let finish = spoiled.as_ref().unwrap_or(finish);
    let transition = match finish.transition {
        Transition::Retry(_) | Transition::Refund(_) if current.cancelled => {
            Transition::End(RunEnd::Verdict(VerdictKind::Cancelled))
        }
        transition => transition,
    };
    record(connection, finish, transition)?;
    log::append(connection, finish.lease, &finish.log)?;
    let (mut quarantined, mut children) = (false, Vec::new());
    if let Transition::End(end) = transition {
        if !current.alone {
            queue::promote(connection, current.gate.task)?;
        }
        if let Some(new) = finish.follow_up {
            follow(connection, &current, new, finish.end.at)?;
        }
        let succeeded = matches!(finish.end.outcome.verdict, Verdict::Succeeded { .. });
        if succeeded {
            checkpoints::forget(connection, finish.lease.run)?;
        }
        if succeeded && !finish.children.is_empty() {
            let parent = finish.lease.run;
            let origin = Origin { parent: Some(parent), root: current.root.unwrap_or(parent) };
            children = children::make(connection, &finish.children, origin, finish.end.at)?;
        }
        // After these: what it has started of its own task is not over yet.
        let over = Over { run: finish.lease.run, task: &current.fire.task, root: current.root };
        children.extend(chains::follow(connection, chains, over, finish.end.at)?);
        quarantined = match Success::of(end) {
            Some(Success::Yes) => succeed(connection, finish, &current)?,
            Some(Success::No) => fail(connection, finish, current.gate.task)?,
            None => false,
        };
    }
    Ok(Finished::Recorded { transition, quarantined, unfit, children })
}

/// Records what a success brings with it.
fn effects(connection: &Connection, finish: &Finish) -> rusqlite::Result<Option<Unfit>> {
    let AttemptEnd { at, outcome } = &finish.end;
    match &outcome.verdict {
        Verdict::Succeeded { .. } => {
            if let Some(unfit) = children::fit(connection, &finish.children)? {
                return Ok(Some(unfit));
            }
            let by = effects::By { run: Some(finish.lease.run), at: *at };
            effects::record(connection, &outcome.effects, by)
        }
        _ => Ok(None),
    }
}

/// Makes the run that follows this one, which is over.
fn follow(
    connection: &Connection,
    current: &Current,
    new: NewFire,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let occupied = match current.alone {
        true => Occupied::default(),
        false => queue::occupied(connection, current.gate)?,
    };
    let fire = Fire { scheduled_for: new.scheduled_for, ..current.fire.clone() };
    fires::follow(connection, current.gate, occupied, fire, new, now)
}

fn current(connection: &Connection, finish: &Finish) -> rusqlite::Result<Option<Current>> {
    connection
        .prepare_cached(
            "SELECT task.name, trigger, scheduled_for, task.active, task.pause, task.slots,
                 task.alarms, run.task, cancelled_at IS NOT NULL, task.failures,
                 task.deadman IS NOT NULL,
                 NOT EXISTS (SELECT 1 FROM run AS other
                     WHERE other.task = run.task AND other.ended_at IS NULL
                         AND other.id <> run.id),
                 root
             FROM run JOIN task ON task.id = run.task
             WHERE run.id = ?1 AND run.state = 'running' AND run.lease = ?2",
        )?
        .query_row(params![finish.lease.run.0, finish.lease.number], |row| {
            Ok(Current {
                fire: fire_in(row, [0, 1, 2])?,
                gate: Gate::read(row, row.get(7)?, [3, 4, 5, 6])?,
                cancelled: row.get(8)?,
                failures: row.get(9)?,
                has_deadman: row.get(10)?,
                alone: row.get(11)?,
                root: row.get::<_, Option<i64>>(12)?.map(RunId),
            })
        })
        .optional()
}

fn record(
    connection: &Connection,
    finish: &Finish,
    transition: Transition,
) -> rusqlite::Result<()> {
    let AttemptEnd { at, outcome } = &finish.end;
    let (state, reason, due_at) = match transition {
        Transition::End(end) => (RunState::Ended(end).as_str(), end.reason(), None),
        Transition::Retry(at) => ("retry_wait", None, Some(at)),
        Transition::Refund(at) => ("scheduled", None, Some(at)),
    };
    // What was interrupted is not counted, whatever becomes of the run.
    let refund = i64::from(matches!(finish.transition, Transition::Refund(_)));
    let waits = due_at.is_some();
    let output = match &outcome.verdict {
        Verdict::Succeeded { output } => output.as_deref(),
        _ => None,
    };
    let backtrace = match &outcome.verdict {
        Verdict::Trapped(trap) if !trap.backtrace.is_empty() => Some(trap.backtrace.join("\n")),
        _ => None,
    };
    connection
        .prepare_cached(
            "UPDATE run SET state = ?2, reason = ?3, due_at = ?4, ended_at = ?5,
                 attempt = attempt - ?6, error = ?7, output = ?8, lease_until = NULL,
                 attempt_ended_at = ?9, verdict = ?10, backtrace = ?11, fuel = ?12,
                 peak_memory = ?13, wall_us = ?14, plugin = ?15,
                 queue = CASE
                     WHEN ?4 IS NULL THEN NULL
                     WHEN (SELECT NOT active OR pause IS NOT NULL FROM task
                           WHERE id = run.task) THEN 3
                     WHEN ?4 <= ?9 THEN 2
                     ELSE 1
                 END
             WHERE id = ?1",
        )?
        .execute(params![
            finish.lease.run.0,
            state,
            reason,
            due_at.map(micros),
            (!waits).then(|| micros(*at)),
            refund,
            outcome.verdict.error(),
            output,
            micros(*at),
            outcome.verdict.kind().as_str(),
            backtrace,
            outcome.usage.fuel.map(amount),
            amount(outcome.usage.peak_memory),
            i64::try_from(outcome.usage.wall.as_micros()).unwrap_or(i64::MAX),
            outcome.plugin.map(|digest| digest.to_string())
        ])?;
    Ok(())
}

/// What the end of a run says about its task.
enum Success {
    Yes,
    No,
}

impl Success {
    /// What somebody cancelled says nothing.
    const fn of(end: RunEnd) -> Option<Self> {
        match end {
            RunEnd::Verdict(VerdictKind::Succeeded) => Some(Self::Yes),
            RunEnd::Verdict(VerdictKind::Cancelled) => None,
            RunEnd::Verdict(_) | RunEnd::Skipped(_) | RunEnd::Expired(_) => Some(Self::No),
        }
    }
}

/// All is well with the task, as far as one run can tell. Nothing is written where nothing
/// was wrong: nearly always.
fn succeed(connection: &Connection, finish: &Finish, current: &Current) -> rusqlite::Result<bool> {
    let task = current.gate.task;
    if current.failures > 0 {
        connection.prepare_cached("UPDATE task SET failures = 0 WHERE id = ?1")?.execute([task])?;
    }
    if current.has_deadman {
        connection
            .prepare_cached("UPDATE task SET proven_at = ?2 WHERE id = ?1")?
            .execute(params![task, micros(finish.end.at)])?;
    }
    let sign = Sign { task, at: finish.end.at, run: Some(finish.lease.run), reason: None };
    for condition in [Condition::Failure, Condition::Deadman] {
        if current.gate.alarms.has(condition) {
            sign.clear(connection, condition)?;
        }
    }
    Ok(false)
}

/// Counts the runs of a task that failed in a row, and puts the task aside once there are
/// too many.
fn fail(connection: &Connection, finish: &Finish, task: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("UPDATE task SET failures = failures + 1 WHERE id = ?1")?
        .execute([task])?;
    let verdict = &finish.end.outcome.verdict;
    let reason = verdict.error().unwrap_or_else(|| verdict.kind().as_str().to_owned());
    let sign = Sign { task, at: finish.end.at, run: Some(finish.lease.run), reason: Some(&reason) };
    sign.raise(connection, Condition::Failure)?;
    let Some(limit) = finish.quarantine else { return Ok(false) };
    let put_aside = connection
        .prepare_cached(
            "UPDATE task SET pause = 'quarantined', paused_at = ?3
             WHERE id = ?1 AND failures >= ?2 AND pause IS NULL",
        )?
        .execute(params![task, limit.get(), micros(finish.end.at)])?;
    if put_aside == 1 {
        queue::park(connection, task)?;
        sign.raise(connection, Condition::Quarantine)?;
    }
    Ok(put_aside == 1)
}
