//! `horarium check`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::text::escape;
use horarium_sandbox::LibraryEvent;
use serde_json::json;

use super::{Common, with_way_out};
use crate::{
    config, output,
    plugins::{self, Binding},
};

#[derive(Args)]
pub(super) struct Check {}

impl Check {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let (config, mut all) = config::load::examine(&common.config).map_err(with_way_out)?;
        let mut refused = Vec::new();
        let library = plugins::library(&config, 1, |event| {
            if let LibraryEvent::Refused { name, error, .. } = event {
                refused.push((name.clone(), error.to_string()));
            }
        })
        .await?;
        let Binding { specs, problems, .. } = plugins::bind_all(&config, &library);
        all.extend(problems);
        let sound = refused.is_empty() && all.is_empty();
        let problems = config.problems(all);
        if common.json {
            let refused: Vec<_> = refused
                .iter()
                .map(|(plugin, error)| json!({ "plugin": plugin, "error": error }))
                .collect();
            output::json(&json!({ "problems": problems.to_json(), "refused": refused }));
        } else {
            output::error_text(&problems.render());
            for (name, error) in &refused {
                output::error_line(&format!(
                    "{}: {error}",
                    config.plugin_dir.join(format!("{}.wasm", escape(name))).display()
                ));
            }
            if sound {
                output::line(&format!(
                    "{} is sound: {}, {}",
                    common.config.display(),
                    output::plural(specs.len(), "task"),
                    output::plural(library.list().len(), "plugin")
                ));
            } else {
                output::error_line(&format!(
                    "error: {}",
                    output::plural(problems.len() + refused.len(), "problem")
                ));
            }
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
