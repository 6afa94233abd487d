//! Millions of runs in a minute: some by the engine, the others are their copies.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use horarium_core::{limits::Caps, name::TaskName, task::TaskSpec};
use horarium_engine::{Engine, EngineConfig, SystemClock};
use horarium_sandbox::{Compiler, Library, LibraryExecutor, Sandbox, SandboxConfig};
use horarium_store::SqliteStore;
use rusqlite::{Connection, params};

use crate::{
    cli::NOOP,
    setup::{self, Diary},
};

/// What a history is to be like.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) tasks: u32,
    /// How often each of them runs by the engine.
    pub(crate) each: u32,
    /// How often they are due.
    pub(crate) period: Duration,
    /// How many runs there are in the end.
    pub(crate) runs: u32,
}

/// Every fiftieth task asks for a function that its plugin does not have, and fails.
const FAILING: u32 = 50;

/// What a database was filled with.
pub(crate) struct Filled {
    pub(crate) bytes_per_run: f64,
    pub(crate) seconds: f64,
    /// How long its history is, in its runs' own time.
    pub(crate) length: Duration,
    /// A task whose runs succeed.
    pub(crate) sound: TaskName,
    /// One whose runs fail.
    pub(crate) broken: TaskName,
}

/// Fills the database in a directory.
pub(crate) async fn fill(data: &Path, shape: Shape) -> Result<Filled> {
    let start = Instant::now();
    by_engine(data, shape).await?;
    let database = data.join("history.sqlite");
    let length = tokio::task::block_in_place(|| multiply(&database, shape))?;
    Ok(Filled {
        #[expect(clippy::cast_precision_loss, reason = "some gigabytes")]
        bytes_per_run: std::fs::metadata(&database)?.len() as f64 / f64::from(shape.runs),
        seconds: start.elapsed().as_secs_f64(),
        length,
        sound: "task-1".parse()?,
        broken: "task-0".parse()?,
    })
}

/// Runs that the engine makes of real guests.
async fn by_engine(data: &Path, shape: Shape) -> Result<()> {
    let plugins = tempfile::tempdir()?;
    std::fs::copy(NOOP, plugins.path().join("noop.wasm"))
        .with_context(|| format!("cannot read {NOOP}"))?;
    let config = SandboxConfig { capacity: setup::CAPACITY, caps: Caps::DEFAULT };
    let sandbox = Arc::new(Sandbox::new(&config, Compiler::InProcess, None)?);
    let library = Arc::new(Library::new(plugins.path(), sandbox));
    library.scan_until_settled(|_, _| {}).await?;
    let store = SqliteStore::open(data)?;
    let diary = Arc::new(Diary::default());
    let engine = Engine::start(
        store.clone(),
        LibraryExecutor::new(library, u64::MAX),
        Arc::new(SystemClock),
        diary.clone(),
        EngineConfig::new("bench".to_owned(), setup::CAPACITY),
    );
    engine.control().set_tasks(tasks(shape)?).await;
    while diary.over() < u64::from(shape.tasks * shape.each) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    engine.drain(Duration::from_secs(10)).await;
    store.close().await;
    Ok(())
}

fn tasks(shape: Shape) -> Result<Vec<TaskSpec>> {
    let mut tasks = setup::spread("task", ["noop", "noop"], shape.tasks, shape.period)?;
    for task in tasks.iter_mut().step_by(usize::try_from(FAILING)?) {
        task.function = "missing".into();
        task.rules.retry.max_attempts = 1;
    }
    Ok(tasks)
}

/// Puts copies of all runs in front of them, each as long before the next one as all of
/// them took, with numbers in the order of time. Returns how long it took all.
fn multiply(database: &Path, shape: Shape) -> Result<Duration> {
    let connection = Connection::open(database)?;
    for (pragma, value) in
        [("journal_mode", "OFF"), ("synchronous", "OFF"), ("cache_size", "-2000000")]
    {
        connection.pragma_update(None, pragma, value)?;
    }
    connection.execute_batch(
        "CREATE TEMP TABLE seed AS SELECT * FROM run WHERE ended_at IS NOT NULL ORDER BY id;
         DELETE FROM run;
         DELETE FROM attempt;
         DELETE FROM tally;",
    )?;
    let (seeds, span): (i64, i64) = connection.query_row(
        "SELECT count(*), max(ended_at) - min(created_at) + 1000000 FROM seed",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // Whole periods: what is due by a schedule stays in time.
    let period = i64::try_from(shape.period.as_micros())?;
    let span = (span / period + 1) * period;
    ensure!(seeds > 0, "the engine made no runs");
    let runs = i64::from(shape.runs);
    let copies = (runs + seeds - 1) / seeds;
    let columns = columns(&connection)?;
    let values: Vec<_> = columns.iter().map(|column| value(column)).collect();
    let sql = format!(
        "INSERT INTO run ({}) SELECT {} FROM seed WHERE rowid <= ?3 ORDER BY rowid",
        columns.join(", "),
        values.join(", ")
    );
    connection.execute_batch("BEGIN")?;
    let mut insert = connection.prepare(&sql)?;
    for copy in 0..copies {
        let before = (copies - 1 - copy) * span;
        insert.execute(params![copy * seeds, before, runs - copy * seeds])?;
    }
    drop(insert);
    connection.execute_batch("COMMIT")?;
    let made: i64 = connection.query_row("SELECT count(*) FROM run", [], |row| row.get(0))?;
    ensure!(made == runs, "{made} runs were made");
    Ok(Duration::from_micros(u64::try_from(copies * span)?))
}

fn columns(connection: &Connection) -> Result<Vec<String>> {
    let mut names = connection.prepare("SELECT name FROM pragma_table_info('run')")?;
    let names = names.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// A copy's value: the same, but for numbers and instants.
fn value(column: &str) -> String {
    match column {
        "id" => "rowid + ?1".to_owned(),
        "scheduled_for" | "created_at" | "started_at" | "ended_at" | "attempt_at"
        | "attempt_ended_at" => format!("{column} - ?2"),
        other => other.to_owned(),
    }
}
