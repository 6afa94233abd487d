//! `horarium plugins remove`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::name::PluginName;

use super::super::Common;
use crate::output;

#[derive(Args)]
pub(super) struct Remove {
    /// The plugin. The host refuses while its configuration has tasks of it.
    plugin: PluginName,
}

impl Remove {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let removed = common.host().await?.remove(&self.plugin).await?;
        if common.json {
            output::json(&removed);
            return Ok(ExitCode::SUCCESS);
        }
        let plugin = &removed.plugin;
        output::line(&match removed.versions.is_empty() {
            true => format!("{plugin} is gone"),
            false => {
                format!("{plugin} is gone; `horarium plugins rollback {plugin}` brings it back")
            }
        });
        Ok(ExitCode::SUCCESS)
    }
}
