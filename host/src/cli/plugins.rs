//! `horarium plugins`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::text::escape;

use super::Common;
use crate::{describe, output, plugins};

#[derive(Args)]
pub(super) struct Plugins {}

impl Plugins {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let config = common.config()?;
        let library = plugins::library(&config, 1, |_| {}).await?;
        if common.json {
            output::json(&describe::plugins(&library));
            return Ok(ExitCode::SUCCESS);
        }
        let listings = library.list();
        let mut table = output::table(["PLUGIN", "VERSION", "FUNCTION", "SUMMARY"]);
        for listing in &listings {
            if let Some(problem) = &listing.problem {
                table.add_row(vec![
                    escape(&listing.name),
                    "✘ refused".to_owned(),
                    String::new(),
                    problem.clone(),
                ]);
            }
            for function in listing.plugin.iter().flat_map(|plugin| plugin.functions()) {
                let version = listing.plugin.as_ref().map(|plugin| plugin.digest().short());
                table.add_row(vec![
                    escape(&listing.name),
                    version.unwrap_or_default(),
                    function.short_name().to_owned(),
                    function.summary.clone(),
                ]);
            }
        }
        output::print_table(&table, &format!("no plugins in {}", config.plugin_dir.display()));
        Ok(ExitCode::SUCCESS)
    }
}
