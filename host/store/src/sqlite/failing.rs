//! Tasks whose last runs have failed.

use std::{cmp::Reverse, collections::BTreeMap};

use horarium_core::{run::RunId, store::FailingTask};
use rusqlite::{Connection, params};

use super::views::{self, TASK, task_view, with_last};

/// The states of a run that counts as a failure of its task.
const FAILED: [&str; 9] = [
    "failed",
    "timed_out",
    "out_of_fuel",
    "out_of_memory",
    "trapped",
    "lost",
    "expired",
    "interrupted",
    "conflicted",
];

/// As many of the newest runs in each of these states are looked at first.
const NEWEST: u32 = 500;

/// A task's number, and that of its last run that failed.
type Found = (i64, i64);

/// Active tasks whose last runs have failed; those that did so last come first.
pub(super) fn failing(
    connection: &Connection,
    instance: &str,
    limit: u32,
) -> rusqlite::Result<Vec<FailingTask>> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = lately(connection)?;
    if found.len() < most {
        found = ever(connection, limit)?;
    }
    found.truncate(most);
    let mut task = connection.prepare_cached(&format!("{TASK} WHERE id = ?1"))?;
    let mut tasks = Vec::with_capacity(found.len());
    for (id, failed) in found {
        let view = task.query_row([id], task_view)?;
        let view = with_last(connection, instance, vec![view])?.pop();
        let failed = views::run(connection, instance, RunId(failed))?;
        tasks.extend(view.zip(failed).map(|(task, failed)| FailingTask { task, failed }));
    }
    Ok(tasks)
}

/// Those that are found among the newest runs that failed, whoever's they are.
fn lately(connection: &Connection) -> rusqlite::Result<Vec<Found>> {
    // In the words of the index, which is in the order of numbers within each state.
    let mut statement = connection.prepare_cached(
        "SELECT id, task FROM run
         WHERE state = ?1 AND state <> 'scheduled' AND state <> 'retry_wait'
             AND state <> 'running' AND state <> 'succeeded'
         ORDER BY id DESC LIMIT ?2",
    )?;
    let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
    // What is older than this was not looked at in each of the states.
    let mut seen_from = i64::MIN;
    for state in FAILED {
        let runs: Vec<Found> = statement
            .query_map(params![state, NEWEST], |row| Ok((row.get("task")?, row.get("id")?)))?
            .collect::<rusqlite::Result<_>>()?;
        if runs.len() == usize::try_from(NEWEST).unwrap_or(usize::MAX) {
            seen_from = runs.last().map_or(seen_from, |(_, run)| seen_from.max(*run));
        }
        for (task, run) in runs {
            let newest = newest.entry(task).or_insert(run);
            *newest = run.max(*newest);
        }
    }
    let mut is_failing = connection
        .prepare_cached("SELECT 1 FROM task WHERE id = ?1 AND failures > 0 AND active")?;
    let mut found = Vec::new();
    for (task, run) in newest {
        if run >= seen_from && is_failing.exists([task])? {
            found.push((task, run));
        }
    }
    found.sort_unstable_by_key(|(_, run)| Reverse(*run));
    Ok(found)
}

/// All of them: a look at the newest runs of each, which takes a while where there are
/// thousands. A run can be pruned while its task is remembered as failing.
fn ever(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<Found>> {
    connection
        .prepare_cached(
            "SELECT id, (SELECT run.id FROM run WHERE run.task = task.id
                 AND state <> 'scheduled' AND state <> 'retry_wait' AND state <> 'running'
                 AND state <> 'succeeded' AND state <> 'skipped' AND state <> 'cancelled'
                 ORDER BY run.id DESC LIMIT 1) AS failed
             FROM task WHERE failures > 0 AND active AND failed IS NOT NULL
             ORDER BY failed DESC LIMIT ?1",
        )?
        .query_map([limit], |row| Ok((row.get("id")?, row.get("failed")?)))?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::schema, *};

    /// Tasks 1 to 3, of which the last two fail, with runs in these states.
    fn history(runs: impl Iterator<Item = (i64, &'static str)>) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::prepare(&mut connection, "here").unwrap();
        let task = "INSERT INTO task (id, name, created_at, schedule, active, failures)
            VALUES (?1, 'task-' || ?1, 0, 'manual', 1, ?1 > 1)";
        for id in 1..=3 {
            connection.execute(task, [id]).unwrap();
        }
        for (number, (task, state)) in (0..).zip(runs) {
            let run = "INSERT INTO run (task, trigger, scheduled_for, state, created_at, ended_at)
                VALUES (?1, 'manual', ?2, ?3, ?2, ?2)";
            connection.execute(run, params![task, number, state]).unwrap();
        }
        connection
    }

    #[test]
    fn what_was_not_looked_at_in_every_state_is_not_said() {
        let many = usize::try_from(NEWEST).unwrap();
        // Task 2 failed last by running out of fuel, and before that as often as is looked at.
        let runs = [(3, "lost"), (2, "out_of_fuel")].into_iter();
        let runs = runs.chain(std::iter::repeat_n((1, "failed"), many + 1));
        let connection = history(runs.chain([(2, "trapped")]));
        let run = i64::from(NEWEST) + 4;
        assert_eq!(lately(&connection).unwrap(), [(2, run)]);
        assert_eq!(ever(&connection, 9).unwrap(), [(2, run), (3, 1)]);
        let found = |limit| {
            let found = failing(&connection, "here", limit).unwrap();
            found.iter().map(|it| it.task.task.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found(1), ["task-2"]);
        assert_eq!(found(2), ["task-2", "task-3"]);
    }
}
