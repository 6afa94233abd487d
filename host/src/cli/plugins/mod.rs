//! `horarium plugins`

mod list;
mod remove;
mod rollback;
mod upload;
mod versions;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use horarium_core::{function::TaskFunction, text::escape};

use super::{Common, stand};
use crate::{api::plugins::WholePlugin, output};

#[derive(Args)]
pub(super) struct Plugins {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// List the plugins in the plugin directory; so does no verb at all.
    List,
    /// Have the host use a plugin file from now on.
    Upload(upload::Upload),
    /// Have the host use a version again that it has used before.
    Rollback(rollback::Rollback),
    /// Have the host take a plugin out of its plugin directory; it can come back by a rollback.
    Remove(remove::Remove),
    /// List the versions of a plugin that the host has used lately, and keeps.
    Versions(versions::Versions),
}

impl Plugins {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        match self.verb {
            None | Some(Verb::List) => list::run(common).await,
            Some(Verb::Upload(verb)) => verb.run(common).await,
            Some(Verb::Rollback(verb)) => verb.run(common).await,
            Some(Verb::Remove(verb)) => verb.run(common).await,
            Some(Verb::Versions(verb)) => verb.run(common).await,
        }
    }
}

/// A plugin that has just come into use, and which tasks that does not suit. Those can't run,
/// so that it is no success.
fn print_used(whole: &WholePlugin, json: bool) -> ExitCode {
    let code = if whole.unusable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if json {
        output::json(whole);
        return code;
    }
    let plugin = &whole.plugin;
    let version = plugin.digest.map(|digest| digest.short()).unwrap_or_default();
    let functions: Vec<_> =
        plugin.functions.iter().flatten().map(TaskFunction::short_name).collect();
    let text = format!("{} {version} is in use: {}", plugin.plugin, functions.join(", "));
    output::line(&escape(&text));
    if whole.unusable.is_empty() {
        return code;
    }
    stand::explain(whole.unusable.iter().map(|it| (&it.task, it.problems.as_slice())));
    let tasks = output::plural(whole.unusable.len(), "task");
    let back = match whole.versions.len() {
        0 | 1 => String::new(),
        _ => format!("; `horarium plugins rollback {}` brings the last one back", plugin.plugin),
    };
    output::error_line(&escape(&format!("error: {tasks} can't run with this version{back}")));
    code
}
