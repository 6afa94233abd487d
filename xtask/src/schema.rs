//! `cargo xtask schema`: the configuration's JSON Schema as it is checked in.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::steps;

/// Writes `docs/horarium.schema.json` anew. A test of the host compares the two.
pub(crate) fn run(root: &Path) -> Result<()> {
    steps::cargo(root, &["build", "--package", "horarium"])?;
    let output = Command::new(root.join("target/debug/horarium")).arg("schema").output();
    let output = output.context("cannot run the host")?;
    if !output.status.success() {
        bail!("`horarium schema` failed with {}", output.status);
    }
    let path = root.join("docs/horarium.schema.json");
    fs::write(&path, output.stdout).with_context(|| format!("cannot write {}", path.display()))
}
