//! `horarium plugins list`

use std::process::ExitCode;

use anyhow::Result;
use horarium_core::text::escape;

use super::super::{Common, place::Place};
use crate::{describe, output, plugins};

pub(super) async fn run(common: &Common) -> Result<ExitCode> {
    let (views, empty) = match common.place().await? {
        Place::Host(mut host) => (host.plugins().await?, "no plugins".to_owned()),
        Place::Here(config) => {
            let library = plugins::library(&config, 1, |_| {}).await?;
            let empty = format!("no plugins in {}", config.plugin_dir.display());
            (describe::plugins(&library), empty)
        }
    };
    if common.json {
        output::json(&views);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = output::table(["PLUGIN", "VERSION", "FUNCTION", "SUMMARY"]);
    for view in &views {
        if let Some(problem) = &view.problem {
            table.add_row(vec![
                escape(&view.plugin),
                "✘ refused".to_owned(),
                String::new(),
                escape(problem),
            ]);
        }
        for function in view.functions.iter().flatten() {
            table.add_row(vec![
                escape(&view.plugin),
                view.digest.map(|digest| digest.short()).unwrap_or_default(),
                escape(function.short_name()),
                escape(&function.summary),
            ]);
        }
    }
    output::print_table(&table, &empty);
    Ok(ExitCode::SUCCESS)
}
