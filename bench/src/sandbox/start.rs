//! How soon a host with many plugins is ready.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};

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
    list(&horarium, &config)?;
    let times: Result<Vec<f64>> = (0..STARTS).map(|_| list(&horarium, &config)).collect();
    Figure {
        name: "sandbox.ready_ms_200_plugins",
        value: rounded(median(times?)),
        unit: "ms",
        goal: Some(150.0),
        better: Better::Lower,
        about: "`horarium plugins` with 200 cached plugins of fifty functions each, process start to exit; median of 11",
    }
    .print()
}

fn list(horarium: &Path, config: &Path) -> Result<f64> {
    let start = Instant::now();
    let output = Command::new(horarium)
        .args(["--json", "--config"])
        .arg(config)
        .arg("plugins")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .context("cannot run horarium")?;
    let elapsed = start.elapsed();
    let plugins: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout)?;
    let loaded = plugins.iter().filter(|plugin| plugin["problem"].is_null()).count();
    ensure!(loaded == PLUGINS, "{loaded} of {PLUGINS} plugins were loaded");
    Ok(elapsed.as_secs_f64() * 1e3)
}
