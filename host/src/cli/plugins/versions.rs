//! `horarium plugins versions`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::name::PluginName;

use super::super::Common;
use crate::output;

#[derive(Args)]
pub(super) struct Versions {
    /// The plugin.
    plugin: PluginName,
}

impl Versions {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let whole = common.host().await?.plugin(&self.plugin).await?;
        if common.json {
            output::json(&whole.versions);
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = output::table(["VERSION", "CAME INTO USE", "SIZE", ""]);
        for version in &whole.versions {
            let in_use = whole.plugin.digest == Some(version.digest);
            table.add_row(vec![
                version.digest.short(),
                output::local(version.used_at),
                output::bytes(version.bytes),
                if in_use { "in use" } else { "" }.to_owned(),
            ]);
        }
        output::print_table(&table, &format!("no version of {} is kept yet", self.plugin));
        Ok(ExitCode::SUCCESS)
    }
}
