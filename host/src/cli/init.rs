//! `horarium init`

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::Common;
use crate::output;

/// What it writes: nothing that the host would not do without it, and the rest as comments.
const BEGINNING: &str = include_str!("init.toml");

#[derive(Args)]
pub(super) struct Init {}

impl Init {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        let file = &common.config;
        write_new(file)?;
        let plugins = file.with_file_name("plugins");
        fs::create_dir_all(&plugins)
            .with_context(|| format!("can't make the folder {}", plugins.display()))?;
        let (file, plugins) = (file.display(), plugins.display());
        match common.json {
            true => output::json(&serde_json::json!({
                "config": file.to_string(), "plugin_dir": plugins.to_string(),
            })),
            false => output::line(&format!(
                "made {file} and {plugins}\n\
                 next: put a plugin into {plugins}, take the `#` from a task in {file} and make it \
                 yours,\n      then `horarium check` and `horarium serve`"
            )),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the configuration where there is none.
fn write_new(file: &Path) -> Result<()> {
    let place = file.display();
    let mut new = match File::create_new(file) {
        Ok(new) => new,
        Err(reason) if reason.kind() == io::ErrorKind::AlreadyExists => {
            bail!("there is {place} already, and it stays as it is; `horarium check` looks at it")
        }
        Err(reason) => return Err(reason).with_context(|| format!("can't write {place}")),
    };
    new.write_all(BEGINNING.as_bytes()).with_context(|| format!("can't write {place}"))
}
