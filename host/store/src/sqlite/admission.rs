//! Writing a run as its task's other runs, and its overlap policy, let it be.

use horarium_core::{
    overlap::{Admission, Overlap},
    run::{Fire, RunId},
    store::{NewFire, RecordedFire},
};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{
    codec::micros,
    queue::{self, Gate, HELD, Occupied, Replaced},
};

/// A run that may be made.
pub(super) struct Wanted<'a> {
    pub(super) fire: Fire,
    pub(super) new: NewFire,
    pub(super) args: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    pub(super) repeats: Option<RunId>,
    pub(super) came_from: Option<Origin>,
}

impl Wanted<'_> {
    /// One of a task's own schedule.
    pub(super) fn scheduled(fire: Fire, new: NewFire) -> Self {
        Self { fire, new, args: None, key: None, repeats: None, came_from: None }
    }
}

/// Which run has started another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// None where it repeats one at the top of a tree.
    pub(super) parent: Option<RunId>,
    /// The run at the top of the tree.
    pub(super) root: RunId,
}

/// Writes a run as its task's backlog wants it, unless there is one for this fire.
pub(super) fn admit(
    connection: &Connection,
    gate: Gate,
    overlap: Overlap,
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> rusqlite::Result<Option<RecordedFire>> {
    let occupied = queue::occupied(connection, gate)?;
    admit_beside(connection, gate, occupied, overlap, wanted, now)
}

/// The same where the task's other runs are known.
pub(super) fn admit_beside(
    connection: &Connection,
    gate: Gate,
    occupied: Occupied,
    overlap: Overlap,
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> rusqlite::Result<Option<RecordedFire>> {
    let full = gate.slots.is_some_and(|slots| occupied.taken >= slots);
    let admission = match overlap.admit(wanted.fire.trigger, occupied.backlog) {
        // What is made up for may have the slot.
        Admission::Enter if full => Admission::Hold,
        other => other,
    };
    if admission != Admission::Replace {
        return insert(connection, gate, wanted, admission, now);
    }
    // Nobody makes way for what has been before, or is too late already.
    if exists(connection, gate.task, &wanted.fire)? {
        return Ok(None);
    }
    if wanted.new.start_by.is_some_and(|start_by| start_by <= now) {
        return insert(connection, gate, wanted, Admission::Hold, now);
    }
    let Replaced { ended: replaced, running: replaces } =
        queue::cancel_all(connection, gate.task, &wanted.fire.task, now)?;
    let taken = queue::occupied(connection, gate)?.taken;
    let full = gate.slots.is_some_and(|slots| taken >= slots);
    let slot = if full { Admission::Hold } else { Admission::Enter };
    let recorded = insert(connection, gate, wanted, slot, now)?;
    Ok(recorded.map(|recorded| RecordedFire { admission, replaces, replaced, ..recorded }))
}

/// Whether there is a run for a fire.
pub(super) fn exists(connection: &Connection, task: i64, fire: &Fire) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM run WHERE task = ?1 AND trigger = ?2 AND scheduled_for = ?3",
        )?
        .exists(params![task, fire.trigger.as_str(), micros(fire.scheduled_for)])
}

/// Writes a run with what was decided of it, unless there is one for this fire.
pub(super) fn insert(
    connection: &Connection,
    gate: Gate,
    wanted: &Wanted<'_>,
    admission: Admission,
    now: Timestamp,
) -> rusqlite::Result<Option<RecordedFire>> {
    let Wanted { fire, new, .. } = wanted;
    let (state, reason, queue) = match admission {
        Admission::Hold | Admission::Replace if new.due_at <= now => {
            ("scheduled", None, Some(HELD))
        }
        // One whose time has not come waits for that first.
        Admission::Enter | Admission::Hold | Admission::Replace => {
            ("scheduled", None, Some(gate.entered(new.due_at, now)))
        }
        Admission::Skip(reason) => ("skipped", Some(reason.as_str()), None),
    };
    let waits = queue.is_some();
    let expires_at = new.start_by.into_iter().chain(new.end_by).min();
    let inserted = connection
        .prepare_cached(
            "INSERT INTO run (task, trigger, scheduled_for, state, reason, created_at, ended_at,
                 queue, due_at, priority, expires_at, end_by, args, unique_key, repeats, late_at,
                 parent, root)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                 ?17, ?18)
             ON CONFLICT (scheduled_for, task, trigger) DO NOTHING",
        )?
        .execute(params![
            gate.task,
            fire.trigger.as_str(),
            micros(fire.scheduled_for),
            state,
            reason,
            micros(now),
            (!waits).then(|| micros(now)),
            queue,
            waits.then(|| micros(new.due_at)),
            new.priority,
            expires_at.filter(|_| waits).map(micros),
            new.end_by.map(micros),
            wanted.args,
            wanted.key,
            wanted.repeats.map(|run| run.0),
            new.late_at.filter(|_| waits).map(micros),
            wanted.came_from.and_then(|from| from.parent).map(|parent| parent.0),
            wanted.came_from.map(|from| from.root.0)
        ])?;
    if inserted == 0 {
        return Ok(None);
    }
    let run = RunId(connection.last_insert_rowid());
    let recorded = RecordedFire {
        fire: fire.clone(),
        run,
        admission,
        replaces: Vec::new(),
        replaced: Vec::new(),
        created_at: now,
    };
    Ok(Some(recorded))
}
