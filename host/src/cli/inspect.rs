//! `horarium inspect`

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use horarium_core::{function::FunctionKind, name::PluginName, text::escape};
use horarium_sandbox::{Capability, Plugin, SandboxConfig};
use serde_json::json;

use super::Common;
use crate::{config, granted, output, plugins};

#[derive(Args)]
pub(super) struct Inspect {
    /// The plugin file, or the name of a plugin in the plugin directory.
    #[arg(value_name = "FILE|PLUGIN")]
    file: PathBuf,
}

impl Inspect {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let file = self.file(common)?;
        let sandbox = plugins::bare_sandbox(&SandboxConfig::default())?;
        let plugin = sandbox
            .load_file(&file)
            .await
            .with_context(|| format!("{} is no plugin", file.display()))?;
        if common.json {
            output::json(&json!({
                "file": file,
                "digest": plugin.digest(),
                "functions": plugin.functions(),
                "imports": plugin.imports(),
                "exports": plugin.exports(),
                "uncallable": plugin.uncallable().iter().map(|other| {
                    json!({ "name": other.name, "reason": other.reason })
                }).collect::<Vec<_>>(),
            }));
        } else {
            show(&plugin);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What was named: a file, or else what the configuration, if there is one, has by this
    /// name.
    fn file(&self, common: &Common) -> Result<PathBuf> {
        if self.file.exists() {
            return Ok(self.file.clone());
        }
        let name = self.file.to_str().and_then(|name| name.parse::<PluginName>().ok());
        let dir = config::look(&common.config).ok().map(|(config, _)| config.plugin_dir);
        match (name, dir) {
            (Some(name), Some(dir)) => {
                let file = dir.join(format!("{name}.wasm"));
                let (name, place) = (&self.file, dir.display());
                ensure!(file.exists(), "there is no file {name:?}, and no such plugin in {place}");
                Ok(file)
            }
            _ => bail!("there is no {}", self.file.display()),
        }
    }
}

fn show(plugin: &Plugin) {
    output::line(&format!("sha-256  {}", plugin.digest()));
    for function in plugin.functions() {
        output::line(&format!("\n{} {}", heading(function.kind), function.name));
        if !function.summary.is_empty() {
            output::line(&format!("  {}", function.summary));
        }
        match (function.kind, &function.args_schema) {
            // Its signature has said it all, shorter.
            (FunctionKind::Export, _) => {}
            (FunctionKind::Command, _) => output::line("  takes a list of arguments"),
            (FunctionKind::Task, Some(schema)) => {
                output::line(&format!("  arguments {}", pretty(&schema.value())));
            }
            (FunctionKind::Task, None) => output::line("  takes no arguments"),
        }
        if let Some(alias) = &function.alias {
            output::line(&format!("  also called {alias}"));
        }
        if function.decides {
            output::line("  decides about its own restarts");
        }
        if let Some(defaults) = &function.defaults {
            output::line(&format!("  suggests {}", pretty(defaults)));
        }
    }
    if !plugin.uncallable().is_empty() {
        output::line("\nexported, but no task");
    }
    for other in plugin.uncallable() {
        output::line(&format!("  {}: {}", other.name, other.reason));
    }
    let capabilities = granted::by_capability(&plugin.imports());
    let (asking, having): (Vec<Capability>, Vec<Capability>) =
        capabilities.keys().copied().partition(|capability| !capability.keys().is_empty());
    output::line("\nimports");
    for capability in having {
        output::line(&format!("  {}", capability.words()));
    }
    for capability in asking {
        output::line(&format!("  {}, with {}", capability.words(), granted::keys(capability)));
    }
}

fn heading(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Task => "function",
        FunctionKind::Command => "command",
        FunctionKind::Export => "exported function",
    }
}

fn pretty(value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    let lines: Vec<_> = text.lines().map(escape).collect();
    lines.join("\n  ")
}
