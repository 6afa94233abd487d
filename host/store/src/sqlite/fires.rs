//! Writing down that a task is due, or that somebody wants it to run.

use std::{num::NonZeroU32, time::Duration};

use horarium_core::{
    alert::Condition,
    name::TaskName,
    overlap::{Admission, Overlap, SkipReason},
    run::{Fire, RunId, Trigger},
    schedule::Cursor,
    store::{Backfill, Backfilled, NewFire, RecordedFire, Refusal, Start, Started, TaskFires},
    time,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    admission::{Origin, Wanted, admit, admit_beside, exists, insert},
    alarm::Sign,
    checkpoints,
    codec::{micros, read_instant, read_instant_option},
    pause,
    queue::{self, Gate, Occupied},
    tasks,
};

/// Writes fires and cursors.
pub(super) fn record(
    connection: &Connection,
    fires: &[TaskFires],
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
    fires: &TaskFires,
    now: Timestamp,
    recorded: &mut Vec<RecordedFire>,
) -> rusqlite::Result<()> {
    let wanted = |new: NewFire| {
        let (task, scheduled_for) = (fires.task.clone(), new.scheduled_for);
        Wanted::scheduled(Fire { task, trigger: fires.trigger, scheduled_for }, new)
    };
    let gate = Gate::of(connection, task)?;
    let before = recorded.len();
    if let Some(passed) = fires.passed {
        let passed = wanted(NewFire::at(passed));
        let admission = Admission::Skip(SkipReason::Misfire);
        recorded.extend(insert(connection, gate, &passed, admission, now)?);
    }
    for new in &fires.fires {
        recorded.extend(admit(connection, gate, fires.overlap, &wanted(*new), now)?);
    }
    tell_of_skips(connection, gate, recorded.get(before..).unwrap_or_default(), now)?;
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

/// Tells that what was due was skipped, or is not any more: a look at a schedule that makes
/// one run for several instants has not skipped the others.
fn tell_of_skips(
    connection: &Connection,
    gate: Gate,
    recorded: &[RecordedFire],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sign =
        |of: &RecordedFire, reason| Sign { task: gate.task, at: now, run: Some(of.run), reason };
    let is_skipped = |it: &&RecordedFire| matches!(it.admission, Admission::Skip(_));
    match (recorded.iter().rfind(|it| !is_skipped(it)), recorded.last()) {
        (Some(admitted), _) if gate.alarms.has(Condition::Skip) => {
            sign(admitted, None).clear(connection, Condition::Skip)
        }
        (None, Some(skipped @ RecordedFire { admission: Admission::Skip(reason), .. })) => {
            sign(skipped, Some(reason.as_str())).raise(connection, Condition::Skip)
        }
        _ => Ok(()),
    }
}

/// Makes a run that somebody asked for, unless there is a reason not to.
pub(super) fn start(
    connection: &Connection,
    start: &Start,
    now: Timestamp,
) -> rusqlite::Result<Started> {
    if let Some(key) = &start.key
        && let Some(task) = tasks::id(connection, &start.task)?
        && let Some(known) = by_key(connection, task, key)?
    {
        return Ok(Started::Known(known));
    }
    let task = match open_task(connection, &start.task)? {
        Ok(task) => task,
        Err(refusal) => return Ok(Started::Refused(refusal)),
    };
    let gate = Gate::of(connection, task)?;
    let backlog = queue::occupied(connection, gate)?.backlog;
    if let Admission::Skip(reason) = start.overlap.admit(start.trigger, backlog) {
        return Ok(Started::Refused(Refusal::Skipped(reason)));
    }
    let scheduled_for = start.fire.scheduled_for;
    let fire = Fire { task: start.task.clone(), trigger: start.trigger, scheduled_for };
    let scheduled_for = free_instant(connection, task, &fire)?;
    let wanted = Wanted {
        fire: Fire { scheduled_for, ..fire },
        new: NewFire { scheduled_for, ..start.fire },
        args: start.args.as_deref(),
        key: start.key.as_deref(),
        repeats: start.repeats,
        came_from: start.repeats.map_or(Ok(None), |run| place_of(connection, run))?,
    };
    let recorded = admit(connection, gate, start.overlap, &wanted, now)?;
    if let (Some(new), Some(repeated)) = (&recorded, start.repeats) {
        checkpoints::inherit(connection, new.run, repeated)?;
    }
    Ok(recorded.map_or(Started::Refused(Refusal::TooMany), Started::New))
}

/// The place of a run in its tree, which is that of its repetition as well.
fn place_of(connection: &Connection, run: RunId) -> rusqlite::Result<Option<Origin>> {
    connection
        .prepare_cached("SELECT parent, coalesce(root, id) FROM run WHERE id = ?1")?
        .query_row([run.0], |row| {
            let parent = row.get::<_, Option<i64>>(0)?.map(RunId);
            Ok(Origin { parent, root: RunId(row.get(1)?) })
        })
        .optional()
}

/// The instant that is asked for, or the next one that no other run was asked for at.
pub(super) fn free_instant(
    connection: &Connection,
    task: i64,
    fire: &Fire,
) -> rusqlite::Result<Timestamp> {
    /// Looked through in one step; so many are not asked for at one instant.
    const NEAR: Duration = Duration::from_secs(1);
    let at = fire.scheduled_for;
    // Nearly always nobody has it.
    if !exists(connection, task, fire)? {
        return Ok(at);
    }
    let last = connection
        .prepare_cached(
            "SELECT max(scheduled_for) AS last FROM run
             WHERE task = ?1 AND trigger = ?2 AND scheduled_for >= ?3 AND scheduled_for < ?4",
        )?
        .query_row(
            params![task, fire.trigger.as_str(), micros(at), micros(time::add(at, NEAR))],
            |row| read_instant_option(row, "last"),
        )?;
    Ok(last.map_or(at, |last| time::add(last, Duration::from_micros(1))))
}

/// Makes runs for instants that had none.
pub(super) fn backfill(
    connection: &Connection,
    backfill: &Backfill,
    now: Timestamp,
) -> rusqlite::Result<Backfilled> {
    let task = match open_task(connection, &backfill.task)? {
        Ok(task) => task,
        Err(refusal) => return Ok(Backfilled::Refused(refusal)),
    };
    let gate = Gate::of(connection, task)?;
    let (mut runs, mut known) = (Vec::new(), 0);
    let considered = considered(connection, task)?;
    // Counted anew only where it has changed: there may be as many of them as instants.
    let mut occupied = None;
    for &new in &backfill.fires {
        // Its schedule comes to that by itself.
        if new.scheduled_for > considered {
            continue;
        }
        let fire = Fire {
            task: backfill.task.clone(),
            trigger: Trigger::Backfill,
            scheduled_for: new.scheduled_for,
        };
        let wanted = Wanted::scheduled(fire, new);
        let made = match had_its_turn(connection, task, new.scheduled_for)? {
            true => None,
            false => {
                let beside = match occupied {
                    Some(beside) => beside,
                    None => queue::occupied(connection, gate)?,
                };
                occupied = Some(beside);
                admit_beside(connection, gate, beside, backfill.overlap, &wanted, now)?
            }
        };
        // What waits behind others takes nobody's place.
        if made.as_ref().is_some_and(|made| made.admission != Admission::Hold) {
            occupied = None;
        }
        match made {
            Some(run) => runs.push(run),
            None => known += 1,
        }
    }
    Ok(Backfilled::Made { runs, known })
}

/// The last instant that a task's schedule leaves to others.
fn considered(connection: &Connection, task: i64) -> rusqlite::Result<Timestamp> {
    connection
        .prepare_cached(
            // A new task starts with the instant of its creation.
            "SELECT coalesce(considered_at, created_at - 1) AS at FROM task WHERE id = ?1",
        )?
        .query_row([task], |row| read_instant(row, "at"))
}

/// Whether an instant has a run by its schedule that was not left out.
fn had_its_turn(connection: &Connection, task: i64, at: Timestamp) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM run WHERE task = ?1 AND trigger = 'schedule' AND scheduled_for = ?2
                 AND state NOT IN ('skipped', 'expired')",
        )?
        .exists(params![task, micros(at)])
}

/// A task of which something may start, by its number; else why nothing may.
fn open_task(connection: &Connection, task: &TaskName) -> rusqlite::Result<Result<i64, Refusal>> {
    let Some(id) = tasks::id(connection, task)? else { return Ok(Err(Refusal::Unknown)) };
    let gate = Gate::of(connection, id)?;
    if !gate.active {
        return Ok(Err(Refusal::Unknown));
    }
    if let Some(pause) = gate.pause {
        return Ok(Err(Refusal::Paused(pause)));
    }
    if pause::all_since(connection)?.is_some() {
        return Ok(Err(Refusal::AllPaused));
    }
    Ok(Ok(id))
}

/// The run of a task that has this key.
pub(super) fn by_key(
    connection: &Connection,
    task: i64,
    key: &str,
) -> rusqlite::Result<Option<RunId>> {
    connection
        .prepare_cached("SELECT id FROM run WHERE task = ?1 AND unique_key = ?2")?
        .query_row(params![task, key], |row| row.get(0).map(RunId))
        .optional()
}

/// Makes the run that follows another one of its task, which is over.
pub(super) fn follow(
    connection: &Connection,
    gate: Gate,
    occupied: Occupied,
    fire: Fire,
    new: NewFire,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let concurrent = gate.slots.and_then(|slots| NonZeroU32::new(slots.try_into().ok()?));
    // Never skipped, and held where another run of the task has its slot.
    let overlap = Overlap::Allow { concurrent, limit: u32::MAX };
    let wanted = Wanted::scheduled(fire, new);
    admit_beside(connection, gate, occupied, overlap, &wanted, now)?;
    Ok(())
}
