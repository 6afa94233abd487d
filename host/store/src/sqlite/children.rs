//! The runs that a success starts.

use std::{collections::BTreeMap, time::Duration};

use horarium_core::{
    effects::{Stillborn, Unfit},
    name::TaskName,
    overlap::Admission,
    run::{Fire, Trigger},
    store::{Child, NewFire, RecordedFire},
    time,
};
use jiff::Timestamp;
use rusqlite::Connection;

use super::{
    admission::{self, Origin, Wanted},
    fires::{by_key, free_instant},
    queue::{self, Gate, Occupied},
    tasks,
};

/// Why they can't all be made, where that is so.
pub(super) fn fit(connection: &Connection, children: &[Child]) -> rusqlite::Result<Option<Unfit>> {
    let mut of_tasks = BTreeMap::<&TaskName, Vec<&Child>>::new();
    for child in children {
        of_tasks.entry(&child.task).or_default().push(child);
    }
    for (task, children) in of_tasks {
        let unfit = |reason| Ok(Some(Unfit::Spawn { task: task.clone(), reason }));
        let Some(gate) = gate(connection, task)?.filter(|gate| gate.active) else {
            return unfit(Stillborn::Inactive);
        };
        // All of them have one: it is the grant's.
        let limit = children.iter().map(|child| child.limit).min().unwrap_or(u32::MAX);
        let open = queue::open(connection, gate.task, limit.into())?;
        let room = u64::from(limit).saturating_sub(open);
        if count(children.len()) > room && count(new(connection, gate, &children)?) > room {
            return unfit(Stillborn::Full { limit });
        }
    }
    Ok(None)
}

fn gate(connection: &Connection, task: &TaskName) -> rusqlite::Result<Option<Gate>> {
    match tasks::id(connection, task)? {
        Some(id) => Gate::of(connection, id).map(Some),
        None => Ok(None),
    }
}

/// How many of them there is no run of yet.
fn new(connection: &Connection, gate: Gate, children: &[&Child]) -> rusqlite::Result<usize> {
    let mut new = 0;
    for child in children {
        let known = match &child.key {
            Some(key) => by_key(connection, gate.task, key)?.is_some(),
            None => false,
        };
        new += usize::from(!known);
    }
    Ok(new)
}

fn count(runs: usize) -> u64 {
    u64::try_from(runs).unwrap_or(u64::MAX)
}

/// Makes them, but for those that are there already by their keys.
pub(super) fn make(
    connection: &Connection,
    children: &[Child],
    origin: Origin,
    now: Timestamp,
) -> rusqlite::Result<Vec<RecordedFire>> {
    let mut places = BTreeMap::<&TaskName, Place>::new();
    let mut made = Vec::with_capacity(children.len());
    for child in children {
        let place = match places.entry(&child.task) {
            std::collections::btree_map::Entry::Occupied(place) => place.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => {
                let Some(gate) = gate(connection, &child.task)? else { continue };
                free.insert(Place { gate, occupied: None, last: None })
            }
        };
        made.extend(place.put(connection, child, origin, now)?);
    }
    Ok(made)
}

/// Where the runs of one task go: there may be thousands of them.
struct Place {
    gate: Gate,
    /// What its other runs take; not where that has changed.
    occupied: Option<Occupied>,
    /// The instant that was asked for last, and the one that was given.
    last: Option<(Timestamp, Timestamp)>,
}

impl Place {
    fn put(
        &mut self,
        connection: &Connection,
        child: &Child,
        origin: Origin,
        now: Timestamp,
    ) -> rusqlite::Result<Option<RecordedFire>> {
        let task = self.gate.task;
        if let Some(key) = &child.key
            && by_key(connection, task, key)?.is_some()
        {
            return Ok(None);
        }
        let asked = child.fire.scheduled_for;
        let next = match self.last {
            Some((last, given)) if last == asked => time::add(given, Duration::from_micros(1)),
            _ => asked,
        };
        let fire = Fire { task: child.task.clone(), trigger: Trigger::Start, scheduled_for: next };
        let scheduled_for = free_instant(connection, task, &fire)?;
        self.last = Some((asked, scheduled_for));
        let wanted = Wanted {
            fire: Fire { scheduled_for, ..fire },
            new: NewFire { scheduled_for, ..child.fire },
            args: child.args.as_deref(),
            key: child.key.as_deref(),
            repeats: None,
            came_from: Some(origin),
        };
        let occupied = match self.occupied {
            Some(occupied) => occupied,
            None => queue::occupied(connection, self.gate)?,
        };
        let overlap = child.overlap;
        let made = admission::admit_beside(connection, self.gate, occupied, overlap, &wanted, now)?;
        // What waits behind others takes nobody's place.
        let waits = made.as_ref().is_some_and(|made| made.admission == Admission::Hold);
        self.occupied = (waits || self.gate.slots.is_none()).then_some(occupied);
        Ok(made)
    }
}
