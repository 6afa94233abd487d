//! `horarium plugins list`

use std::process::ExitCode;

use anyhow::Result;
use horarium_core::text::escape;

use super::super::{
    Common,
    place::Place,
    rows::{Fit, Paper, Rows},
};
use crate::{describe, output, plugins};

/// The columns of the list.
const COLUMNS: &[(&str, Fit)] = &[
    ("PLUGIN", Fit::Name),
    ("VERSION", Fit::Whole),
    ("FUNCTION", Fit::Name),
    ("SUMMARY", Fit::Full),
];

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
    let mut rows = Rows::new(Paper::of_stdout(), COLUMNS);
    for view in &views {
        if let Some(problem) = &view.problem {
            rows.add(vec![
                escape(&view.plugin),
                "✘ refused".to_owned(),
                String::new(),
                escape(problem),
            ]);
        }
        for function in view.functions.iter().flatten() {
            rows.add(vec![
                escape(&view.plugin),
                view.digest.map(|digest| digest.short()).unwrap_or_default(),
                escape(function.short_name()),
                escape(&function.summary),
            ]);
        }
    }
    rows.print(&empty);
    Ok(ExitCode::SUCCESS)
}
