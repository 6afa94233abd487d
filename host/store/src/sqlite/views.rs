//! Reading the history.

use std::{array, cmp::Reverse};

use horarium_core::{
    name::TaskName,
    run::{RunEnd, RunId, RunState, key},
    store::{AttemptView, Pause, RunQuery, RunView, Stand, TaskQuery, TaskView, WholeRun},
    verdict::VerdictKind,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::{
    checkpoints,
    claim::fire_in,
    codec::{
        nonsense, read_amount, read_instant, read_instant_option, read_word, read_word_option,
    },
    queue,
};

const RUN: &str = "SELECT run.id AS run, task.name AS task, trigger, scheduled_for, state, reason,
    run.created_at AS created_at, due_at, started_at, ended_at, attempt, error, output, queue,
    repeats, args,
    iif(queue = 2, EXISTS (SELECT 1 FROM meta WHERE key = 'paused_at'), FALSE) AS all_paused,
    parent, root, task.active,
    iif(state = 'running', lease_until = -9223372036854775808, FALSE) AS abandoned
    FROM run JOIN task ON task.id = run.task";

/// Runs, newest first.
pub(super) fn runs(
    connection: &Connection,
    instance: &str,
    query: &RunQuery,
) -> rusqlite::Result<Vec<RunView>> {
    if query.states.is_empty() {
        return runs_in(connection, instance, query, None);
    }
    // Each state by itself: of those that are rare there is an index, and to look
    // for one of them among all runs would take as long as there are runs.
    let mut states = query.states.clone();
    states.sort_unstable();
    states.dedup();
    let mut found = Vec::new();
    for state in &states {
        found.extend(runs_in(connection, instance, query, Some(state))?);
    }
    found.sort_unstable_by_key(|view| Reverse(view.run));
    found.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
    Ok(found)
}

fn runs_in(
    connection: &Connection,
    instance: &str,
    query: &RunQuery,
    state: Option<&str>,
) -> rusqlite::Result<Vec<RunView>> {
    let by_task = match &query.task {
        Some(_) => "run.task = (SELECT id FROM task WHERE name = :task)",
        None => ":task IS NULL",
    };
    let by_state = match state {
        // Said in words that the indexes understand.
        Some("scheduled" | "retry_wait" | "running") => "state = :state AND ended_at IS NULL",
        Some("succeeded") => "state = :state",
        Some(_) => {
            "state = :state
             AND state <> 'scheduled' AND state <> 'retry_wait' AND state <> 'running'
             AND state <> 'succeeded'"
        }
        None => ":state IS NULL",
    };
    // There is an index of those that are not over, in no order; SQLite would rather look
    // at all runs in theirs, and does not where the number is an expression.
    let number = match (state, &query.task) {
        (Some("scheduled" | "retry_wait" | "running"), None) => "+run.id",
        _ => "run.id",
    };
    let by_tree = match query.tree {
        Some(_) => {
            "run.id IN (
                 WITH top AS (SELECT coalesce(root, id) AS id FROM run WHERE id = :tree)
                 SELECT id FROM top
                 UNION ALL SELECT run.id FROM run JOIN top ON run.root = top.id)"
        }
        None => ":tree IS NULL",
    };
    // Two statements: one that serves both cases would begin with the newest run, and
    // look at each from there to where the page begins.
    let by_number = match query.before {
        Some(_) => format!("{number} < :before"),
        None => ":before IS NULL".to_owned(),
    };
    connection
        .prepare_cached(&format!(
            "{RUN} WHERE {by_task} AND {by_state} AND {by_tree} AND {by_number}
             ORDER BY {number} DESC LIMIT :limit"
        ))?
        .query_map(
            named_params! {
                ":task": query.task.as_ref().map(TaskName::as_str),
                ":state": state,
                ":tree": query.tree.map(|run| run.0),
                ":before": query.before.map(|run| run.0),
                ":limit": query.limit,
            },
            |row| run_view(row, instance),
        )?
        .collect()
}

/// One run.
pub(super) fn run(
    connection: &Connection,
    instance: &str,
    run: RunId,
) -> rusqlite::Result<Option<RunView>> {
    connection
        .prepare_cached(&format!("{RUN} WHERE run.id = ?1"))?
        .query_row([run.0], |row| run_view(row, instance))
        .optional()
}

fn run_view(row: &Row<'_>, instance: &str) -> rusqlite::Result<RunView> {
    // By their places, in the order of `RUN`: to look for each of the names in each row
    // takes as long as to read it.
    let [
        number,
        task,
        trigger,
        scheduled_for,
        state,
        reason,
        created_at,
        due_at,
        started_at,
        ended_at,
        attempt,
        error,
        output,
        queue,
        repeats,
        args,
        all_paused,
        parent,
        root,
        active,
        abandoned,
    ] = array::from_fn(|place| place);
    let fire = fire_in(row, [task, trigger, scheduled_for])?;
    let run = RunId(row.get(number)?);
    let reason: Option<String> = row.get(reason)?;
    let state = read_word(row, state, |word| RunState::from_words(word, reason.as_deref()))?;
    let created_at = read_instant(row, created_at)?;
    Ok(RunView {
        run,
        key: key(instance, run, created_at),
        task: fire.task,
        trigger: fire.trigger,
        scheduled_for: fire.scheduled_for,
        state,
        reason,
        waits_for: queue::read(row, [queue, all_paused, active, abandoned])?,
        args: row.get(args)?,
        repeats: row.get::<_, Option<i64>>(repeats)?.map(RunId),
        parent: row.get::<_, Option<i64>>(parent)?.map(RunId),
        root: row.get::<_, Option<i64>>(root)?.map(RunId),
        created_at,
        due_at: read_instant_option(row, due_at)?,
        started_at: read_instant_option(row, started_at)?,
        ended_at: read_instant_option(row, ended_at)?,
        attempts: row.get(attempt)?,
        error: row.get(error)?,
        output: row.get(output)?,
    })
}

/// A run with all that belongs to it.
pub(super) fn whole_run(
    connection: &Connection,
    instance: &str,
    number: RunId,
) -> rusqlite::Result<Option<WholeRun>> {
    let Some(run) = run(connection, instance, number)? else { return Ok(None) };
    let attempts = attempts(connection, number)?;
    // A success leaves none, and most runs are successes.
    let checkpoint = match run.state {
        RunState::Ended(RunEnd::Verdict(VerdictKind::Succeeded)) => None,
        _ => checkpoints::view(connection, number)?,
    };
    Ok(Some(WholeRun { run, attempts, checkpoint }))
}

/// A run's attempts, the current one included.
pub(super) fn attempts(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<AttemptView>> {
    connection
        .prepare_cached(
            "SELECT number, lease, node, started_at, ended_at, verdict, error, backtrace, fuel,
                 peak_memory, wall_us, plugin
             FROM attempt WHERE run = ?1
             UNION ALL
             SELECT number, lease, node, attempt_at, attempt_ended_at, verdict,
                 iif(verdict IS NULL, NULL, error), backtrace, fuel,
                 coalesce(peak_memory, 0), coalesce(wall_us, 0), plugin
             FROM run WHERE id = ?1 AND attempt_at IS NOT NULL
             ORDER BY lease",
        )?
        .query_map([run.0], attempt_view)?
        .collect()
}

fn attempt_view(row: &Row<'_>) -> rusqlite::Result<AttemptView> {
    // In the order of the statement above.
    let [
        number,
        lease,
        node,
        started_at,
        ended_at,
        verdict,
        error,
        backtrace,
        fuel,
        peak_memory,
        wall_us,
        plugin,
    ] = array::from_fn(|place| place);
    let backtrace: Option<String> = row.get(backtrace)?;
    let digest: Option<String> = row.get(plugin)?;
    let used: Option<i64> = row.get(fuel)?;
    Ok(AttemptView {
        attempt: row.get(number)?,
        lease: row.get(lease)?,
        node: row.get(node)?,
        started_at: read_instant(row, started_at)?,
        ended_at: read_instant_option(row, ended_at)?,
        verdict: read_word_option(row, verdict, VerdictKind::from_word)?,
        error: row.get(error)?,
        backtrace: backtrace
            .map_or_else(Vec::new, |text| text.lines().map(str::to_owned).collect()),
        fuel: used.map(|_| read_amount(row, fuel)).transpose()?,
        peak_memory: read_amount(row, peak_memory)?,
        wall_us: read_amount(row, wall_us)?,
        plugin: digest
            .map(|digest| digest.parse())
            .transpose()
            .map_err(|reason| nonsense(row, plugin, format!("{reason}")))?,
    })
}

pub(super) const TASK: &str = "SELECT id, name, active, created_at,
        (SELECT count(*) FROM run WHERE run.task = task.id
            AND run.ended_at IS NULL) AS unfinished, pause, failures
    FROM task";

/// Tasks, by name.
pub(super) fn tasks(
    connection: &Connection,
    instance: &str,
    query: &TaskQuery,
) -> rusqlite::Result<Vec<TaskView>> {
    let stand = match query.stand {
        None => "true",
        Some(Stand::Failing) => "failures > 0",
        Some(Stand::Paused) => "pause IS NOT NULL",
    };
    // In the order of names, so that a page is found by their index.
    let tasks: Vec<_> = connection
        .prepare_cached(&format!(
            "{TASK} WHERE name > :after AND instr(name, :containing) > 0
                 AND (:active IS NULL OR active = :active) AND {stand}
             ORDER BY name LIMIT :limit"
        ))?
        .query_map(
            named_params! {
                // No name is empty.
                ":after": query.after.as_ref().map_or("", TaskName::as_str),
                ":containing": query.containing,
                ":active": query.active,
                ":limit": query.limit,
            },
            task_view,
        )?
        .collect::<rusqlite::Result<_>>()?;
    with_last(connection, instance, tasks)
}

/// One task.
pub(super) fn task(
    connection: &Connection,
    instance: &str,
    task: &TaskName,
) -> rusqlite::Result<Option<TaskView>> {
    let found = connection
        .prepare_cached(&format!("{TASK} WHERE name = ?1"))?
        .query_row([task.as_str()], task_view)
        .optional()?;
    Ok(with_last(connection, instance, found.into_iter().collect())?.pop())
}

pub(super) fn task_view(row: &Row<'_>) -> rusqlite::Result<(i64, TaskView)> {
    // In the order of `TASK`.
    let [number, name, active, created_at, unfinished, pause, failures] =
        array::from_fn(|place| place);
    let text = row.get_ref(name)?.as_str()?;
    let view = TaskView {
        task: text.parse().map_err(|reason| nonsense(row, name, format!("{reason}")))?,
        active: row.get(active)?,
        created_at: read_instant(row, created_at)?,
        unfinished: read_amount(row, unfinished)?,
        pause: read_word_option(row, pause, Pause::from_word)?,
        failures: read_amount(row, failures)?,
        last: None,
    };
    Ok((row.get(number)?, view))
}

/// Adds each task's newest run.
pub(super) fn with_last(
    connection: &Connection,
    instance: &str,
    mut tasks: Vec<(i64, TaskView)>,
) -> rusqlite::Result<Vec<TaskView>> {
    let mut last = connection
        .prepare_cached(&format!("{RUN} WHERE run.task = ?1 ORDER BY run.id DESC LIMIT 1"))?;
    for (id, view) in &mut tasks {
        view.last = last.query_row(params![*id], |row| run_view(row, instance)).optional()?;
    }
    Ok(tasks.into_iter().map(|(_, view)| view).collect())
}
