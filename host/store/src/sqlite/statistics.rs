//! Counts, for people and programs who look at many runs at once. None of them takes as
//! long as there are runs.

use horarium_core::{
    name::TaskName,
    run::{RunId, RunState},
    store::{Ended, Queue, Recent, Statistics, Waiting},
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, params};

use super::{
    codec::{
        micros, nonsense, read_amount, read_instant, read_instant_option, read_word,
        read_word_option,
    },
    pause,
    queue::{HELD, LATER, PARKED, READY},
    tasks,
};

/// The number in the tally that stands for all tasks.
const ALL: i64 = 0;

/// Microseconds.
const HOUR: i64 = 3_600_000_000;

/// A task's last runs that are looked at for those that are over.
const LAST: u32 = 10_000;

/// What has become of all runs, or of a task's.
pub(super) fn read(
    connection: &Connection,
    task: Option<&TaskName>,
) -> rusqlite::Result<Statistics> {
    let Some(name) = task else {
        let ended = ended(connection, ALL)?;
        return Ok(Statistics { ended, queue: queue(connection)? });
    };
    match tasks::id(connection, name)? {
        Some(task) => {
            Ok(Statistics { ended: ended(connection, task)?, queue: queue_of(connection, task)? })
        }
        None => Ok(Statistics::default()),
    }
}

/// From hour to hour, each found by the index: of ten thousand tasks' rows this reads one
/// task's.
fn ended(connection: &Connection, task: i64) -> rusqlite::Result<Vec<Ended>> {
    connection
        .prepare_cached(
            "WITH RECURSIVE hours (hour) AS (
                 SELECT min(hour) FROM tally
                 UNION ALL
                 SELECT (SELECT min(hour) FROM tally WHERE hour > hours.hour) FROM hours
                 WHERE hours.hour IS NOT NULL
             )
             SELECT tally.hour AS hour, state, runs
             FROM hours CROSS JOIN tally ON tally.hour = hours.hour AND tally.task = ?1
             ORDER BY tally.hour, state",
        )?
        .query_map([task], |row| {
            let hour: i64 = row.get("hour")?;
            Ok(Ended {
                hour: (hour > 0).then(|| beginning(row, hour)).transpose()?,
                state: read_word(row, "state", |word| {
                    RunState::is_word(word).then(|| word.to_owned())
                })?,
                runs: read_amount(row, "runs")?,
            })
        })?
        .collect()
}

fn beginning(row: &Row<'_>, hour: i64) -> rusqlite::Result<Timestamp> {
    let second = hour.saturating_mul(3_600);
    Timestamp::from_second(second).map_err(|reason| nonsense(row, "hour", reason.to_string()))
}

/// Adds what ended long ago to what ended before that, an hour at a time: others write,
/// too.
pub(super) fn fold(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let length = SignedDuration::from_hours(i64::from(Statistics::HOURS));
    let kept = now.checked_sub(length).unwrap_or(Timestamp::MIN);
    let kept = micros(kept).div_euclid(HOUR);
    let oldest: Option<i64> = connection
        .prepare_cached("SELECT min(hour) FROM tally WHERE hour <> 0 AND hour < ?1")?
        .query_row([kept], |row| row.get(0))?;
    let Some(oldest) = oldest else { return Ok(()) };
    connection
        .prepare_cached(
            "INSERT INTO tally (hour, task, state, runs)
             SELECT 0, task, state, runs FROM tally WHERE hour = ?1
             ON CONFLICT (hour, task, state) DO UPDATE SET runs = runs + excluded.runs",
        )?
        .execute([oldest])?;
    connection.prepare_cached("DELETE FROM tally WHERE hour = ?1")?.execute([oldest])?;
    Ok(())
}

/// What of all runs waits, and whether anything may start.
pub(super) fn waiting(connection: &Connection) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        queue: queue(connection)?,
        paused_at: pause::all_since(connection)?,
        aside: pause::aside(connection)?,
    })
}

fn queue(connection: &Connection) -> rusqlite::Result<Queue> {
    // The conditions in words, since only so SQLite sees that an index is meant.
    let count = |from: &str| -> rusqlite::Result<u64> {
        connection
            .prepare_cached(&format!("SELECT count(*) FROM (SELECT 1 FROM {from} LIMIT ?1)"))?
            .query_row([Queue::MOST], |row| read_amount(row, 0))
    };
    Ok(Queue {
        ready: count("run WHERE queue = 2")?,
        later: count("run WHERE queue = 1")?,
        held: count("run WHERE queue = 0")?,
        parked: count("run WHERE queue = 3")?,
        oldest: oldest(connection)?,
    })
}

/// From priority to priority, since only among those of one the longest due comes first.
fn oldest(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached(
            "WITH RECURSIVE levels (priority) AS (
                 SELECT max(priority) FROM run WHERE queue = 2
                 UNION ALL
                 SELECT (SELECT max(priority) FROM run
                         WHERE queue = 2 AND priority < levels.priority)
                 FROM levels WHERE levels.priority IS NOT NULL
             )
             SELECT min((SELECT due_at FROM run
                         WHERE queue = 2 AND priority = levels.priority
                         ORDER BY due_at LIMIT 1)) AS oldest
             FROM levels",
        )?
        .query_row([], |row| read_instant_option(row, "oldest"))
}

fn queue_of(connection: &Connection, task: i64) -> rusqlite::Result<Queue> {
    let mut found = Queue::default();
    let mut statement = connection.prepare_cached(
        "SELECT queue, count(*) AS runs, min(due_at) AS oldest
         FROM (SELECT queue, due_at FROM run
               WHERE task = ?1 AND ended_at IS NULL AND queue IS NOT NULL LIMIT ?2)
         GROUP BY queue",
    )?;
    let mut rows = statement.query(params![task, Queue::MOST])?;
    while let Some(row) = rows.next()? {
        let runs = read_amount(row, "runs")?;
        match row.get("queue")? {
            READY => {
                found.ready = runs;
                found.oldest = read_instant_option(row, "oldest")?;
            }
            LATER => found.later = runs,
            HELD => found.held = runs,
            PARKED => found.parked = runs,
            other => return Err(nonsense(row, "queue", format!("{other} means nothing"))),
        }
    }
    Ok(found)
}

/// A task's last runs that are over, newest first.
pub(super) fn recent(
    connection: &Connection,
    task: &TaskName,
    limit: u32,
) -> rusqlite::Result<Vec<Recent>> {
    connection
        .prepare_cached(
            "SELECT id, state, reason, scheduled_for, started_at, ended_at, attempt, wall_us, fuel,
                 peak_memory
             FROM (SELECT * FROM run WHERE task = (SELECT id FROM task WHERE name = ?1)
                   ORDER BY id DESC LIMIT ?2)
             WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT ?3",
        )?
        .query_map(params![task.as_str(), LAST, limit], recent_run)?
        .collect()
}

fn recent_run(row: &Row<'_>) -> rusqlite::Result<Recent> {
    let reason = read_word_option(row, "reason", |word| Some(word.to_owned()))?;
    let amount = |column: &str| -> rusqlite::Result<Option<u64>> {
        row.get::<_, Option<i64>>(column)?.map(|_| read_amount(row, column)).transpose()
    };
    Ok(Recent {
        run: RunId(row.get("id")?),
        state: read_word(row, "state", |word| RunState::from_words(word, reason.as_deref()))?,
        scheduled_for: read_instant(row, "scheduled_for")?,
        started_at: read_instant_option(row, "started_at")?,
        ended_at: read_instant(row, "ended_at")?,
        attempts: row.get("attempt")?,
        wall_us: amount("wall_us")?,
        fuel: amount("fuel")?,
        peak_memory: amount("peak_memory")?,
    })
}
