//! The runs that follow others which are over.

use std::collections::BTreeMap;

use horarium_core::{
    alert::Condition,
    chain::{Chains, Ends, Follower, On, Outputs, follows},
    name::TaskName,
    overlap::{Admission, SkipReason},
    run::{Fire, RunId, RunState, Trigger},
    store::{NewFire, RecordedFire},
};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{
    admission::{self, Origin, Wanted},
    alarm::Sign,
    codec::{read_amount, read_word},
    fires::free_instant,
    queue::Gate,
    tasks,
};

/// A run that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Over<'a> {
    pub(super) run: RunId,
    pub(super) task: &'a TaskName,
    /// The run at the top of its tree, where that is another one.
    pub(super) root: Option<RunId>,
}

/// Makes the runs that follow one that is over; its record says so already.
pub(super) fn follow(
    connection: &Connection,
    chains: &Chains,
    over: Over<'_>,
    now: Timestamp,
) -> rusqlite::Result<Vec<RecordedFire>> {
    let mut tree = Tree { root: over.root.unwrap_or(over.run), ends: BTreeMap::new() };
    let mut made = Vec::new();
    for follower in chains.after(over.task) {
        if tree.is_complete(connection, follower, over.task)? {
            let origin = Origin { parent: Some(over.run), root: tree.root };
            made.extend(make(connection, follower, origin, now)?);
        }
    }
    Ok(made)
}

/// A tree of runs, as far as somebody has asked for it.
struct Tree<'a> {
    root: RunId,
    ends: BTreeMap<&'a TaskName, Ends>,
}

impl<'a> Tree<'a> {
    /// Whether a follower runs now that a run of `ended` is over.
    fn is_complete(
        &mut self,
        connection: &Connection,
        follower: &'a Follower,
        ended: &'a TaskName,
    ) -> rusqlite::Result<bool> {
        let own = self.ends(connection, ended)?;
        // Others need not be counted where this one decides.
        if !follows(follower.after.on, own, &[]) {
            return Ok(false);
        }
        if follower.after.on == On::Failure {
            return Ok(true);
        }
        let others = follower.after.parents.iter().filter(|parent| *parent != ended);
        let others: Vec<_> =
            others.map(|parent| self.ends(connection, parent)).collect::<rusqlite::Result<_>>()?;
        Ok(follows(follower.after.on, own, &others))
    }

    fn ends(&mut self, connection: &Connection, task: &'a TaskName) -> rusqlite::Result<Ends> {
        if let Some(ends) = self.ends.get(task) {
            return Ok(*ends);
        }
        let ends = match tasks::id(connection, task)? {
            Some(task) => count(connection, self.root, task)?,
            None => Ends::default(),
        };
        self.ends.insert(task, ends);
        Ok(ends)
    }
}

/// A task's runs in a tree that count: not those that were repeated or came from such, and
/// of those that followed others the last one, whose parents were gone through again.
const IN_TREE: &str = "(SELECT * FROM run WHERE id = ?1 AND task = ?2
        UNION ALL SELECT * FROM run WHERE root = ?1 AND task = ?2)
    WHERE id NOT IN (SELECT repeats FROM run
            WHERE root = ?1 AND repeats IS NOT NULL AND state <> 'skipped')
        AND (parent IS NULL OR parent NOT IN (SELECT repeats FROM run
            WHERE root = ?1 AND repeats IS NOT NULL AND state <> 'skipped'))
        AND (trigger <> 'after' OR id = (SELECT max(id) FROM run
            WHERE root = ?1 AND task = ?2 AND trigger = 'after' AND state <> 'skipped'))";

fn count(connection: &Connection, root: RunId, task: i64) -> rusqlite::Result<Ends> {
    // Nearly always, where there are many: then they need not be counted.
    let is_open = connection
        .prepare_cached(
            "SELECT 1 FROM run WHERE root = ?1 AND task = ?2 AND ended_at IS NULL LIMIT 1",
        )?
        .exists(params![root.0, task])?;
    if is_open {
        return Ok(Ends { open: 1, ..Ends::default() });
    }
    let mut ends = Ends::default();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT state, reason, count(*) FROM {IN_TREE} GROUP BY state, reason"
    ))?;
    let counts = statement.query_map(params![root.0, task], |row| {
        let reason: Option<String> = row.get(1)?;
        let state = read_word(row, 0, |word| RunState::from_words(word, reason.as_deref()))?;
        Ok((state, read_amount(row, 2)?))
    })?;
    for found in counts {
        let (state, runs) = found?;
        ends.count(state, runs);
    }
    Ok(ends)
}

fn make(
    connection: &Connection,
    follower: &Follower,
    origin: Origin,
    now: Timestamp,
) -> rusqlite::Result<Option<RecordedFire>> {
    let Some(task) = tasks::id(connection, &follower.task)? else { return Ok(None) };
    let gate = Gate::of(connection, task)?;
    if !gate.active {
        return Ok(None);
    }
    let fire = Fire { task: follower.task.clone(), trigger: Trigger::After, scheduled_for: now };
    let scheduled_for = free_instant(connection, task, &fire)?;
    let outputs = match &follower.after.input {
        Some(_) => outputs(connection, origin.root, follower)?,
        None => Some(Outputs::default()),
    };
    let args = outputs.as_ref().and_then(|outputs| follower.args(outputs));
    let wanted = Wanted {
        fire: Fire { scheduled_for, ..fire },
        new: NewFire::due(&follower.rules, scheduled_for, now, now),
        args: args.as_deref(),
        key: None,
        repeats: None,
        came_from: Some(origin),
    };
    let made = match outputs {
        Some(_) => admission::admit(connection, gate, follower.rules.overlap, &wanted, now)?,
        None => {
            let skipped = Admission::Skip(SkipReason::Input);
            admission::insert(connection, gate, &wanted, skipped, now)?
        }
    };
    if let Some(RecordedFire { run, admission: Admission::Skip(reason), .. }) = &made {
        let reason = Some(reason.as_str());
        let sign = Sign { task, at: now, run: Some(*run), reason };
        sign.raise(connection, Condition::Skip)?;
    }
    Ok(made)
}

/// What the parents of a run have returned; none where that is too much.
fn outputs(
    connection: &Connection,
    root: RunId,
    follower: &Follower,
) -> rusqlite::Result<Option<Outputs>> {
    let mut outputs = Outputs::default();
    let mut room = Outputs::MOST;
    for parent in &follower.after.parents {
        let Some(task) = tasks::id(connection, parent)? else { continue };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT coalesce(sum(octet_length(output)), 0) FROM {IN_TREE}"
        ))?;
        let bytes = statement.query_row(params![root.0, task], |row| read_amount(row, 0))?;
        let Some(left) = room.checked_sub(bytes) else { return Ok(None) };
        room = left;
        let mut statement = connection
            .prepare_cached(&format!("SELECT output, trigger FROM {IN_TREE} ORDER BY id"))?;
        let mut rows = statement.query(params![root.0, task])?;
        while let Some(row) = rows.next()? {
            let output: Option<String> = row.get(0)?;
            let was_started = row.get_ref(1)?.as_str()? == Trigger::Start.as_str();
            outputs.add(parent.clone(), output.as_deref(), was_started);
        }
    }
    Ok(Some(outputs))
}
