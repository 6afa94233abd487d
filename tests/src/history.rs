//! The history as it lies on the disk, read without the host.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OpenFlags};

/// A run's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// Its task's name.
    pub task: String,
    /// Why it exists.
    pub trigger: String,
    /// The nominal instant, in microseconds.
    pub scheduled_for: i64,
    /// Where it stands.
    pub state: String,
    /// When it was recorded, in microseconds.
    pub created_at: i64,
    /// When its first attempt was claimed, in microseconds.
    pub started_at: Option<i64>,
    /// When it ended, in microseconds.
    pub ended_at: Option<i64>,
    /// Attempts used.
    pub attempt: i64,
    /// Leases given.
    pub lease: i64,
    /// The run that it came from.
    pub parent: Option<i64>,
    /// What it returned, JSON.
    pub output: Option<String>,
}

impl Run {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.state.as_str(), "scheduled" | "running" | "retry_wait")
    }
}

/// An attempt's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The run's number.
    pub run: i64,
    /// The lease, counted from 1.
    pub lease: i64,
    /// The attempt, counted from 1.
    pub number: i64,
    /// How it ended.
    pub verdict: String,
    /// Why, where it did not succeed.
    pub error: Option<String>,
    /// How long it took, in microseconds.
    pub wall_us: i64,
    /// How many lines its log has.
    pub lines: i64,
}

/// Everything in a history.
#[derive(Debug)]
pub struct History {
    /// The runs, oldest first.
    pub runs: Vec<Run>,
    /// The attempts that are over, by run and lease.
    pub attempts: Vec<Attempt>,
    /// The instant at which each task became known, in microseconds.
    pub tasks: Vec<(String, i64)>,
    /// What tasks keep for themselves: the task, the key, the value as text.
    pub kept: Vec<(String, String, String)>,
    /// The runs that have a checkpoint.
    pub checkpoints: Vec<i64>,
}

impl History {
    /// How many runs are over in the history of a data directory, whether a host uses it
    /// or not.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn over(data_dir: &Path) -> Result<usize> {
        let db = open(data_dir)?;
        let over = "SELECT count(*) FROM run WHERE ended_at IS NOT NULL";
        let count: i64 = db.query_row(over, [], |row| row.get(0))?;
        Ok(usize::try_from(count)?)
    }

    /// Reads the history of a data directory that no host uses.
    ///
    /// # Errors
    /// Where it can't be read, or `SQLite` finds it damaged.
    pub fn read(data_dir: &Path) -> Result<Self> {
        let db = open(data_dir)?;
        let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        ensure!(sound == "ok", "SQLite finds damage: {sound}");
        let runs = db
            .prepare(
                "SELECT run.id, task.name, trigger, scheduled_for, state, run.created_at, ended_at,
                     attempt, lease, started_at, parent, output
                 FROM run JOIN task ON task.id = run.task ORDER BY run.id",
            )?
            .query_map([], |row| {
                Ok(Run {
                    id: row.get(0)?,
                    task: row.get(1)?,
                    trigger: row.get(2)?,
                    scheduled_for: row.get(3)?,
                    state: row.get(4)?,
                    created_at: row.get(5)?,
                    ended_at: row.get(6)?,
                    attempt: row.get(7)?,
                    lease: row.get(8)?,
                    started_at: row.get(9)?,
                    parent: row.get(10)?,
                    output: row.get(11)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let attempts = db
            .prepare(
                // The last attempt of a run stands in its row.
                "SELECT run, lease, number, verdict, error, wall_us,
                     (SELECT count(*) FROM log WHERE log.run = a.run AND log.lease = a.lease)
                 FROM (
                     SELECT run, lease, number, verdict, error, wall_us FROM attempt
                     UNION ALL
                     SELECT id, lease, number, verdict, error, wall_us FROM run
                     WHERE verdict IS NOT NULL
                 ) AS a ORDER BY run, lease",
            )?
            .query_map([], |row| {
                Ok(Attempt {
                    run: row.get(0)?,
                    lease: row.get(1)?,
                    number: row.get(2)?,
                    verdict: row.get(3)?,
                    error: row.get(4)?,
                    wall_us: row.get(5)?,
                    lines: row.get(6)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let tasks = db
            .prepare("SELECT name, created_at FROM task ORDER BY name")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let kept = db
            .prepare(
                "SELECT task.name, key, CAST(value AS TEXT) FROM entry
                 JOIN bucket ON bucket.id = entry.bucket JOIN task ON task.id = bucket.task",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let checkpoints = db
            .prepare("SELECT run FROM checkpoint")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { runs, attempts, tasks, kept, checkpoints })
    }

    /// The runs of a task, oldest first.
    pub fn of<'a>(&'a self, task: &'a str) -> impl Iterator<Item = &'a Run> {
        self.runs.iter().filter(move |run| run.task == task)
    }
}

fn open(data_dir: &Path) -> Result<Connection> {
    let path = data_dir.join("history.sqlite");
    Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("can't open {}", path.display()))
}
