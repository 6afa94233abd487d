//! So many tasks that wait for their time: one row of the table of growth.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use horarium_core::{
    schedule::{Cron, Every, Schedule},
    task::TaskSpec,
};
use horarium_store::SqliteStore;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    figure::percentile,
    process,
    runtime::block_on,
    setup::{self, Diary},
};

/// What is left to settle once tasks are registered.
const SETTLE: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(10);
const PACE: u32 = 100;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURE: Duration = Duration::from_secs(10);

/// What was found.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) register_ms: f64,
    pub(super) bytes_per_task: f64,
    pub(super) idle_cpu_percent: f64,
    /// The same tasks once more, and a hundred new ones.
    pub(super) again_ms: f64,
    pub(super) lateness_p99_ms: f64,
}

pub(super) fn run(tasks: u32) -> Result<()> {
    block_on(async move {
        println!("{}", serde_json::to_string(&measure(tasks).await?)?);
        Ok(())
    })
}

async fn measure(tasks: u32) -> Result<Row> {
    let data = setup::directory()?;
    let store = SqliteStore::open(data.path())?;
    let diary = Arc::new(Diary::default());
    let engine = setup::native(&store, &diary);
    engine.control().set_tasks(Vec::<TaskSpec>::new()).await;
    let before = process::resident()?;

    let specs = quiet(tasks)?;
    let start = Instant::now();
    engine.control().set_tasks(specs).await;
    let register_ms = start.elapsed().as_secs_f64() * 1e3;
    // As a host does once it has its tasks.
    horarium_allocator::give_back();
    tokio::time::sleep(SETTLE).await;
    let bytes_per_task = (process::resident()? - before) / f64::from(tasks);

    let (cpu, start) = (process::cpu()?, Instant::now());
    tokio::time::sleep(IDLE).await;
    let idle_cpu_percent = (process::cpu()? - cpu) / start.elapsed().as_secs_f64() * 100.0;

    let mut specs = quiet(tasks)?;
    specs.extend(setup::spread("due", ["native", "noop"], PACE, Duration::from_secs(1))?);
    let start = Instant::now();
    engine.control().set_tasks(specs).await;
    let again_ms = start.elapsed().as_secs_f64() * 1e3;
    tokio::time::sleep(WARM_UP).await;
    diary.begin();
    tokio::time::sleep(MEASURE).await;
    let lateness_p99_ms = percentile(diary.late(), 99);
    engine.drain(Duration::from_secs(10)).await;
    store.close().await;
    Ok(Row { register_ms, bytes_per_task, idle_cpu_percent, again_ms, lateness_p99_ms })
}

/// Tasks that are due once a day, half of them by a cron expression, and none of them
/// within the next hour.
fn quiet(tasks: u32) -> Result<Vec<TaskSpec>> {
    const DAY: u32 = 24 * 60;
    /// Minutes before and after now in which nothing is due.
    const QUIET: u32 = 60;
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let now = u32::try_from(i32::from(now.hour()) * 60 + i32::from(now.minute()))?;
    let one = |number: u32| {
        let minute = (now + QUIET + number % (DAY - 2 * QUIET)) % DAY;
        let schedule = if number.is_multiple_of(2) {
            let minutes = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
            Schedule::Every(Every::new(minutes(DAY), minutes(minute))?)
        } else {
            let text = format!("{} {} * * *", minute % 60, minute / 60);
            Schedule::Cron(Box::new(Cron::new(&text, "UTC")?))
        };
        setup::spec(&format!("task-{number}"), ["native", "noop"], schedule)
    };
    (0..tasks).map(one).collect()
}
