//! `horarium plugins versions`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::name::PluginName;

use super::super::Common;
use crate::{api::versions::KeptVersion, output};

#[derive(Args)]
pub(super) struct Versions {
    /// The plugin.
    plugin: PluginName,
}

impl Versions {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let versions = common.host().await?.versions(&self.plugin).await?;
        if common.json {
            output::json(&versions);
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = output::table(["VERSION", "CAME INTO USE", "SIZE", ""]);
        for KeptVersion { version, in_use } in &versions {
            table.add_row(vec![
                version.digest.short(),
                output::local(version.used_at),
                output::bytes(version.bytes),
                if *in_use { "in use" } else { "" }.to_owned(),
            ]);
        }
        output::print_table(&table, &format!("no version of {} is kept yet", self.plugin));
        Ok(ExitCode::SUCCESS)
    }
}
