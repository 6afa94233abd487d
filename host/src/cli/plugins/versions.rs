//! `horarium plugins versions`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::name::PluginName;

use super::super::{
    Common,
    rows::{Fit, Paper, Rows},
};
use crate::{api::versions::KeptVersion, output};

/// The columns of the list.
const COLUMNS: &[(&str, Fit)] = &[
    ("VERSION", Fit::Whole),
    ("CAME INTO USE", Fit::Whole),
    ("SIZE", Fit::Whole),
    ("", Fit::Whole),
];

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
        let mut rows = Rows::new(Paper::of_stdout(), COLUMNS);
        for KeptVersion { version, in_use } in &versions {
            rows.add(vec![
                version.digest.short(),
                output::local(version.used_at),
                output::bytes(version.bytes),
                if *in_use { "in use" } else { "" }.to_owned(),
            ]);
        }
        rows.print(&format!("no version of {} is kept yet", self.plugin));
        Ok(ExitCode::SUCCESS)
    }
}
