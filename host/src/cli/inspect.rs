//! `horarium inspect`

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Args;
use horarium_core::{function::FunctionKind, text::escape};
use horarium_sandbox::{Capability, Plugin, SandboxConfig};
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
                "uncallable": plugin.uncallable().iter().map(|other| {
                    json!({ "name": other.name, "reason": other.reason })
                }).collect::<Vec<_>>(),
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
    let capabilities = by_capability(&plugin.imports());
    let (asking, having): (Vec<Capability>, Vec<Capability>) =
        capabilities.keys().copied().partition(|capability| !capability.keys().is_empty());
    output::line("\nimports");
    for capability in having {
        output::line(&format!("  {}", capability.words()));
    }
    for capability in asking {
        output::line(&format!("  {}, with {}", capability.words(), keys(capability)));
    }
}

/// Imports by what they are for. Those of a plugin that was loaded are all known.
pub(super) fn by_capability(imports: &[String]) -> BTreeMap<Capability, Vec<String>> {
    let mut capabilities = BTreeMap::<_, Vec<_>>::new();
    for import in imports {
        if let Some(capability) = Capability::of(import) {
            capabilities.entry(capability).or_default().push(import.clone());
        }
    }
    capabilities
}

/// The keys that grant something, for a sentence.
pub(super) fn keys(capability: Capability) -> String {
    let keys: Vec<_> = capability.keys().iter().map(|key| format!("`{key}`")).collect();
    keys.join(" or ")
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
