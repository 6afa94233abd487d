//! `horarium plugins`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::text::escape;
use serde_json::json;

use super::Common;
use crate::{output, plugins};

#[derive(Args)]
pub(super) struct Plugins {}

impl Plugins {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let config = common.config()?;
        let library = plugins::library(&config, 1, |_| {}).await?;
        let listings = library.list();
        if common.json {
            let list = listings.iter().map(|listing| {
                json!({
                    "plugin": listing.name,
                    "digest": listing.plugin.as_ref().map(|plugin| plugin.digest()),
                    "functions": listing.plugin.as_ref().map(|plugin| plugin.functions().to_vec()),
                    "problem": listing.problem,
                })
            });
            output::json(&list.collect::<serde_json::Value>());
            return Ok(ExitCode::SUCCESS);
        }
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
