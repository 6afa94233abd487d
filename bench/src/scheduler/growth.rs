//! What a thousand times as many tasks cost.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use super::{ourselves, population::Row};
use crate::figure::Figure;

const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];

pub(super) fn run() -> Result<()> {
    let mut last = None;
    for size in SIZES {
        let row = row(size)?;
        print(size, &row)?;
        last = Some(row);
    }
    let row = last.context("nothing was measured")?;
    Figure::lower(
        "scheduler.bytes_per_task",
        (row.bytes_per_task, "bytes"),
        Some(1000.0),
        "resident memory of an engine with an SQLite store and 1,000,000 tasks that are due once a day, half of them by a cron expression, over 1,000,000",
    )
    .print()?;
    Figure::lower(
        "scheduler.idle_cpu_percent",
        (row.idle_cpu_percent, "%"),
        Some(1.0),
        "processor time, of one core, that the same process uses in 10 s in which nothing is due",
    )
    .print()
}

/// In a process of its own: its memory is nobody else's.
fn row(size: u32) -> Result<Row> {
    let mut child = ourselves(&["population", &size.to_string()])?;
    let output = child.stderr(Stdio::inherit()).output().context("cannot run the benchmarks")?;
    ensure!(output.status.success(), "{size} tasks: {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn print(size: u32, row: &Row) -> Result<()> {
    for (name, value, unit, about) in [
        ("register_ms", row.register_ms, "ms", "to make them the tasks of a new history"),
        ("bytes_per_task", row.bytes_per_task, "bytes", "resident memory, over their number"),
        (
            "idle_cpu_percent",
            row.idle_cpu_percent,
            "%",
            "processor time, of one core, in 10 s in which nothing is due",
        ),
        ("again_ms", row.again_ms, "ms", "to make them and a hundred new ones the tasks"),
        (
            "lateness_p99_ms",
            row.lateness_p99_ms,
            "ms",
            "from the nominal instant to the attempt's begin, beside them 100 native no-ops a second; p99 of 10 s",
        ),
    ] {
        let name = format!("scheduler.growth_{size}.{name}");
        Figure::lower(&name, (value, unit), None, &format!("{size} tasks, {about}")).print()?;
    }
    Ok(())
}
