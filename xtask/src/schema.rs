//! `cargo xtask schema`: the schemas of configuration and API as they are checked in.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::steps;

/// Each file, and what prints it.
const FILES: [(&str, &[&str]); 2] =
    [("docs/horarium.schema.json", &["schema"]), ("docs/openapi.json", &["schema", "--api"])];

/// Writes them anew. Tests of the host compare.
pub(crate) fn run(root: &Path) -> Result<()> {
    steps::cargo(root, &["build", "--workspace", "--bin", "horarium"])?;
    for (file, args) in FILES {
        let output = Command::new(root.join("target/debug/horarium")).args(args).output();
        let output = output.context("cannot run the host")?;
        if !output.status.success() {
            bail!("`horarium {}` failed with {}", args.join(" "), output.status);
        }
        let path = root.join(file);
        fs::write(&path, output.stdout)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
