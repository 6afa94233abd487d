//! Ten thousand fires a second.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use horarium_store::SqliteStore;

use crate::{
    figure::{Figure, median, percentile},
    runtime::block_on,
    setup::{self, Diary},
};

const FIRES: u32 = 10_000;
const WARM_UP: Duration = Duration::from_secs(4);
const MEASURE: Duration = Duration::from_secs(10);

pub(super) fn run() -> Result<()> {
    block_on(measure())
}

async fn measure() -> Result<()> {
    let data = setup::directory()?;
    let store = SqliteStore::open(data.path())?;
    let diary = Arc::new(Diary::default());
    let engine = setup::native(&store, &diary);
    let tasks = setup::spread("fire", ["native", "noop"], FIRES, Duration::from_secs(1))?;
    engine.control().set_tasks(tasks).await;
    tokio::time::sleep(WARM_UP).await;
    diary.begin();
    let start = Instant::now();
    tokio::time::sleep(MEASURE).await;
    let (late, over, elapsed) = (diary.late(), diary.over(), start.elapsed());
    engine.drain(Duration::from_secs(10)).await;
    store.close().await;
    let began = late.len();
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds, not of atoms")]
    let pace = over as f64 / elapsed.as_secs_f64();
    let how = format!(
        "from the nominal instant to the attempt's begin, {FIRES} tasks `every = \"1s\"` spread over the second, each run recorded, claimed and finished in SQLite with `synchronous=FULL`; what runs is native and does nothing, since so many sandboxed runs are all that two cores can do"
    );
    Figure::higher(
        "scheduler.lateness_fires_per_s",
        (pace, "fires/s"),
        Some(f64::from(FIRES)),
        "fires a second whose runs were over and in the history while the lateness was measured; those that are missing were skipped, since their task's last run was not over",
    )
    .print()?;
    Figure::lower(
        "scheduler.lateness_p50_ms",
        (median(late.clone()), "ms"),
        None,
        &format!("{how}; p50 of {began} in 10 s"),
    )
    .print()?;
    Figure::lower(
        "scheduler.lateness_p99_ms",
        (percentile(late, 99), "ms"),
        Some(50.0),
        &format!("{how}; p99 of {began} in 10 s"),
    )
    .print()
}
