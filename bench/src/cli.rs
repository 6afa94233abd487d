//! What a person waits for at the command line.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use crate::figure::{Better, Figure, median, rounded};

const RUNS: usize = 40;

pub(crate) const NOOP: &str = "target/plugins/tests/noop.wasm";

pub(crate) fn run() -> Result<()> {
    let horarium = std::env::current_exe()?.with_file_name("horarium");
    let cache = tempfile::tempdir()?;
    // The first one compiles; it is not counted.
    noop(&horarium, cache.path())?;
    let times: Result<Vec<f64>> = (0..RUNS).map(|_| noop(&horarium, cache.path())).collect();
    Figure {
        name: "cli.noop_ms",
        value: rounded(median(times?)),
        unit: "ms",
        goal: Some(60.0),
        better: Better::Lower,
        about: "`horarium run` of a no-op task on a warm cache, process start to exit; median of 40",
    }
    .print()
}

fn noop(horarium: &Path, cache: &Path) -> Result<f64> {
    let start = Instant::now();
    let status = Command::new(horarium)
        .args(["run", "--plugin", NOOP])
        .env("XDG_CACHE_HOME", cache)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cannot run horarium")?;
    let elapsed = start.elapsed();
    ensure!(status.success(), "`horarium run --plugin {NOOP}` failed with {status}");
    Ok(elapsed.as_secs_f64() * 1e3)
}
