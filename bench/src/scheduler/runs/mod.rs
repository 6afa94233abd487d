//! A history of ten million runs.

mod prune;
mod queries;

use std::time::Duration;

use anyhow::{Context, Result};

use crate::{
    figure::Figure,
    history::{self, Shape},
    runtime::block_on,
    setup,
};

const RUNS: u32 = 10_000_000;

const SHAPE: Shape = Shape { tasks: 1_000, each: 10, period: Duration::from_secs(1), runs: RUNS };

/// What the database and what SQLite puts beside it may take, in bytes.
const ROOM: u64 = 12 << 30;

pub(super) fn run() -> Result<()> {
    block_on(measure())
}

async fn measure() -> Result<()> {
    let data = setup::directory()?;
    let free = free(data.path())?;
    if free < ROOM {
        let (free, room) = (free >> 30, ROOM >> 30);
        eprintln!("no figures of 10,000,000 runs: {free} GiB of {room} GiB are free below target/");
        return Ok(());
    }
    let filled = history::fill(data.path(), SHAPE).await?;
    eprintln!("10,000,000 runs in {:.0} s", filled.seconds);
    Figure::lower(
        "store.bytes_per_run",
        (filled.bytes_per_run, "bytes"),
        None,
        "the database of 10,000,000 runs of 1,000 tasks over their number, all indexes included and no log lines: ten thousand runs by the engine, multiplied",
    )
    .print()?;
    queries::measure(data.path(), &filled).await?;
    prune::measure(data.path(), &filled).await
}

/// Bytes that are free where a path is, as `df` tells them.
fn free(path: &std::path::Path) -> Result<u64> {
    let df = std::process::Command::new("df").args(["--output=avail", "-B1"]).arg(path).output();
    let text = String::from_utf8(df.context("cannot run df")?.stdout)?;
    let bytes = text.lines().nth(1).context("df tells nothing")?;
    Ok(bytes.trim().parse()?)
}
