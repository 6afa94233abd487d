//! What people and programs wait for who look at a busy host.

mod host;
mod load;
mod view;

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::sleep;

use self::host::Host;
use crate::{
    figure::{Figure, permille},
    history::{self, Shape},
    runtime::block_on,
    setup,
};

const TASKS: u32 = 10_000;

/// Of these, as many run each second.
const BUSY: u32 = 1_000;

const RUNS: u32 = 1_000_000;

const SHAPE: Shape = Shape { tasks: TASKS, each: 1, period: Duration::from_secs(5), runs: RUNS };

const WARM_UP: Duration = Duration::from_secs(3);
const LENGTH: Duration = Duration::from_secs(10);

/// Connections that ask at once.
const CLIENTS: usize = 16;

pub(crate) fn run() -> Result<()> {
    block_on(measure())
}

async fn measure() -> Result<()> {
    let dir = setup::directory()?;
    let data = dir.path().join("data");
    let filled = history::fill(&data, SHAPE).await?;
    eprintln!("{RUNS} runs in {:.0} s", filled.seconds);
    let host = Host::serve(dir.path()).await?;
    sleep(WARM_UP).await;
    view::measure(host.address).await?;
    load::ask(host.address, CLIENTS, WARM_UP).await?;
    let before = host.ended().await?;
    let asked = load::ask(host.address, CLIENTS, LENGTH).await?;
    let seconds = asked.length.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let pace = (host.ended().await? - before) as f64 / seconds;
    // The answers are worth little where it had nothing else to do.
    ensure!(pace > f64::from(BUSY) * 0.9, "only {pace:.0} runs a second went on meanwhile");
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
    let reads = asked.times.len() as f64 / seconds;
    Figure::higher(
        "api.reads_per_s",
        (reads, "requests/s"),
        Some(10_000.0),
        "answers a second over TCP on loopback to 16 connections that ask without a pause, of ten: four for a run, two for a task, two for the last twenty runs of a task, one for twenty failed ones, one for the host; 10,000 tasks, 1,000,000 runs, while 1,000 runs a second go on; clients on the same processors",
    )
    .print()?;
    Figure::lower(
        "api.read_p99_ms",
        (permille(asked.times.clone(), 990), "ms"),
        Some(10.0),
        "from a request to the whole of its answer, as above; p99",
    )
    .print()?;
    Figure::lower("api.read_p50_ms", (permille(asked.times, 500), "ms"), None, "the same; p50")
        .print()?;
    Figure::higher(
        "api.runs_per_s_meanwhile",
        (pace, "runs/s"),
        None,
        "runs that ended and are in the history, counted by the host's statistics, during the same seconds",
    )
    .print()
}
