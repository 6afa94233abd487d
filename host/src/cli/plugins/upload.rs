//! `horarium plugins upload`

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use horarium_core::name::PluginName;
use horarium_sandbox::LONGEST_PLUGIN;

use super::{super::Common, print_used};

#[derive(Args)]
pub(super) struct Upload {
    /// The file. What is no plugin is refused, and replaces nothing.
    file: PathBuf,
    /// The plugin's name, where it is not that of the file without `.wasm`.
    #[arg(long)]
    name: Option<PluginName>,
}

impl Upload {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let name = match self.name {
            Some(name) => name,
            None => name_of(&self.file)?,
        };
        let bytes = read(&self.file)?;
        let used = common.host().await?.upload(&name, bytes).await?;
        Ok(print_used(&used, common.json))
    }
}

fn name_of(file: &Path) -> Result<PluginName> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    stem.parse().map_err(|reason| {
        anyhow!("{} does not say the plugin's name: {reason}; --name does", file.display())
    })
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let failed = || format!("can't read {}", file.display());
    // Before opening: to open a FIFO would wait for somebody to write to it.
    if !fs::metadata(file).with_context(failed)?.is_file() {
        bail!("{} is not a regular file", file.display());
    }
    let mut bytes = Vec::new();
    let mut bounded = File::open(file).with_context(failed)?.take(LONGEST_PLUGIN + 1);
    bounded.read_to_end(&mut bytes).with_context(failed)?;
    if bounded.limit() == 0 {
        bail!(
            "{} is longer than any plugin, which have {LONGEST_PLUGIN} bytes at most",
            file.display()
        );
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_its_plugin_is_called() {
        assert_eq!(name_of(Path::new("out/reports.wasm")).unwrap().as_str(), "reports");
        assert_eq!(name_of(Path::new("reports")).unwrap().as_str(), "reports");
        for file in ["a b.wasm", "..", "/", ".wasm"] {
            let error = name_of(Path::new(file)).unwrap_err().to_string();
            assert!(error.contains("--name"), "{error}");
        }
    }
}
