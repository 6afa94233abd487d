//! What a start waits for where every plugin is compiled already.

use std::{
    fs::{self, File},
    path::Path,
    sync::Arc,
    time::{Instant, SystemTime},
};

use anyhow::{Context, Result, ensure};
use horarium_sandbox::{Cache, Compiler, Library, Sandbox, SandboxConfig};

use crate::{
    cli::NOOP,
    figure::{Better, Figure, median, rounded},
};

const PLUGINS: u8 = 200;
const RUNS: usize = 20;

pub(crate) fn run() -> Result<()> {
    // Below target/, not /tmp: on a disk, not in memory.
    let dir = tempfile::tempdir_in("target")?;
    fill(dir.path())?;
    // The first one compiles; it is not counted.
    ready(dir.path())?;
    let times: Result<Vec<f64>> = (0..RUNS).map(|_| ready(dir.path())).collect();
    Figure {
        name: "sandbox.ready_ms_200_plugins",
        value: rounded(median(times?)),
        unit: "ms",
        goal: Some(150.0),
        better: Better::Lower,
        about: "200 versions of the no-op plugin on a warm cache, from an empty sandbox to all of them ready to run; median of 20",
    }
    .print()
}

/// Each plugin is another one to the cache: its last byte is its number.
fn fill(dir: &Path) -> Result<()> {
    let noop = fs::read(NOOP).with_context(|| format!("cannot read {NOOP}"))?;
    for number in 0..PLUGINS {
        let mut bytes = noop.clone();
        // A custom section named `v`.
        bytes.extend([0, 3, 1, b'v', number]);
        let path = dir.join(format!("noop-{number}.wasm"));
        fs::write(&path, bytes)?;
        // It has been there for long.
        File::options().write(true).open(&path)?.set_modified(SystemTime::UNIX_EPOCH)?;
    }
    Ok(())
}

/// Milliseconds until every plugin is there.
fn ready(dir: &Path) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let start = Instant::now();
    let cache = Cache::open(&dir.join("cache"))?;
    let sandbox = Sandbox::new(&SandboxConfig::default(), Compiler::InProcess, Some(cache))?;
    let library = Library::new(dir, Arc::new(sandbox));
    runtime.block_on(library.scan(|_, _| {}))?;
    let elapsed = start.elapsed();
    let ready = library.list().iter().filter(|listing| listing.plugin.is_some()).count();
    ensure!(ready == usize::from(PLUGINS), "only {ready} plugins are ready");
    Ok(elapsed.as_secs_f64() * 1e3)
}
