//! How soon a host with many plugins is ready.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::setup::{self, MEASURED};
use crate::figure::{Better, Figure, median, rounded};

const PLUGINS: usize = 200;
const STARTS: usize = 11;

/// Puts so many plugins into a directory, no two of which have the same digest.
pub(super) fn fill(dir: &Path, plugins: usize) -> Result<()> {
    let plugin = setup::read(MEASURED)?;
    for number in 0..plugins {
        let mut bytes = plugin.clone();
        // A custom section: its id, its length, its name's length, its name.
        let name = format!("copy {number:05}");
        bytes.extend([0, u8::try_from(name.len() + 1)?, u8::try_from(name.len())?]);
        bytes.extend(name.as_bytes());
        fs::write(dir.join(format!("plugin-{number}.wasm")), bytes)?;
    }
    Ok(())
}

pub(super) fn measure() -> Result<()> {
    let dir = tempfile::tempdir_in("target")?;
    fs::create_dir(dir.path().join("plugins"))?;
    fill(&dir.path().join("plugins"), PLUGINS)?;
    let config = dir.path().join("horarium.toml");
    fs::write(&config, "plugin_dir = \"plugins\"\ndata_dir = \"data\"\n")?;
    let horarium = std::env::current_exe()?.with_file_name("horarium");
    // The first start compiles; it is not counted.
    start(&horarium, &config)?;
    let times: Result<Vec<f64>> = (0..STARTS).map(|_| start(&horarium, &config)).collect();
    Figure {
        name: "sandbox.ready_ms_200_plugins",
        value: rounded(median(times?)),
        unit: "ms",
        goal: Some(150.0),
        better: Better::Lower,
        about: "`horarium serve` with 200 cached plugins of fifty functions each, from the process's start to when it knows all of them and its tasks; median of 11",
    }
    .print()
}

/// Starts a host, waits until it is ready, and ends it.
fn start(horarium: &Path, config: &Path) -> Result<f64> {
    let start = Instant::now();
    let mut host = Command::new(horarium)
        .args(["--json", "--config"])
        .arg(config)
        .arg("serve")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run horarium")?;
    let output = host.stdout.take().context("it has no output")?;
    let mut loaded = 0;
    let mut ready = None;
    for line in BufReader::new(output).lines() {
        let line = line?;
        let event: Value = serde_json::from_str(&line)?;
        match event["event"].as_str() {
            Some("plugin_loaded") => loaded += 1,
            // It tells of its tasks when it has looked at the plugins, and again where
            // some took too long to be waited for.
            Some("tasks") if loaded == PLUGINS => {
                ready = Some(start.elapsed());
                break;
            }
            _ => {}
        }
    }
    host.kill()?;
    host.wait()?;
    let ready = ready.with_context(|| format!("{loaded} of {PLUGINS} plugins were loaded"))?;
    Ok(ready.as_secs_f64() * 1e3)
}
