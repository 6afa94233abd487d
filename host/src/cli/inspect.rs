//! `horarium inspect`

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Args;
use horarium_core::text::escape;
use horarium_sandbox::{Plugin, SandboxConfig};
use serde_json::json;

use super::Common;
use crate::{output, plugins};

#[derive(Args)]
pub(super) struct Inspect {
    /// The plugin file.
    file: PathBuf,
}

impl Inspect {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let sandbox = plugins::bare_sandbox(&SandboxConfig::default())?;
        let plugin = sandbox
            .load_file(&self.file)
            .await
            .with_context(|| format!("{} is no plugin", self.file.display()))?;
        if common.json {
            output::json(&json!({
                "file": self.file,
                "digest": plugin.digest(),
                "functions": plugin.functions(),
                "imports": plugin.imports(),
                "exports": plugin.exports(),
            }));
        } else {
            show(&plugin);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(plugin: &Plugin) {
    output::line(&format!("sha-256  {}", plugin.digest()));
    for function in plugin.functions() {
        output::line(&format!("\nfunction {}", function.name));
        if !function.summary.is_empty() {
            output::line(&format!("  {}", function.summary));
        }
        match &function.args_schema {
            Some(schema) => output::line(&format!("  arguments {}", pretty(schema))),
            None => output::line("  takes no arguments"),
        }
        if let Some(defaults) = &function.defaults {
            output::line(&format!("  suggests {}", pretty(defaults)));
        }
    }
    output::line("\nimports");
    for import in plugin.imports() {
        output::line(&format!("  {import}"));
    }
}

fn pretty(value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    let lines: Vec<_> = text.lines().map(escape).collect();
    lines.join("\n  ")
}
