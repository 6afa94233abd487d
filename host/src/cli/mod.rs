//! The command line: a file a verb.

mod check;
pub(crate) mod compile_plugin;
mod completions;
mod grants;
mod inspect;
mod logs;
mod next;
mod plugins;
mod run;
mod runs;
mod schema;
mod serve;
mod tasks;

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use horarium_core::name::TaskName;
use horarium_store::SqliteHistory;

use crate::{
    config::{self, Config, TaskDraft, load::ConfigError},
    output,
};

/// Cron for code you don't trust: runs task functions from WebAssembly components
/// on schedules, each run in a sandbox of its own.
#[derive(Parser)]
#[command(name = "horarium", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Verb,
}

/// What every verb understands.
#[derive(Args)]
struct Common {
    /// The configuration.
    #[arg(
        long,
        short,
        global = true,
        value_name = "FILE",
        env = "HORARIUM_CONFIG",
        default_value = "horarium.toml"
    )]
    config: PathBuf,
    /// Print JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the host: schedule the tasks of the configuration until told to stop.
    Serve(serve::Serve),
    /// Run one task now, in the foreground, without recording it in the history.
    Run(run::Run),
    /// Check the configuration against its plugins, and say all that is wrong.
    Check(check::Check),
    /// Show when tasks are due next.
    Next(next::Next),
    /// List the tasks of the configuration.
    Tasks(tasks::Tasks),
    /// List runs, newest first, or show one with its attempts.
    Runs(runs::Runs),
    /// Show the log of a run.
    Logs(logs::Logs),
    /// List the plugins in the plugin directory.
    Plugins(plugins::Plugins),
    /// Show what a plugin file offers and wants.
    Inspect(inspect::Inspect),
    /// Show what a task's guest gets, and what its plugin asks for in vain.
    Grants(grants::Granted),
    /// Print the JSON Schema of the configuration.
    Schema(schema::Schema),
    /// Print a completion script for a shell.
    Completions(completions::Completions),
    /// Compile the plugin that comes in, for the host that asks.
    #[command(name = compile_plugin::VERB, hide = true)]
    CompilePlugin(compile_plugin::CompilePlugin),
}

/// Parses the command line, does what it says, and reports what went wrong.
pub(crate) fn main() -> ExitCode {
    let Cli { common, verb } = Cli::parse();
    // It restricts the whole process, so nothing may have begun in it.
    if let Verb::CompilePlugin(verb) = &verb {
        return verb.run();
    }
    init_diagnostics();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(reason) => {
            output::error_line(&format!("error: can't start the async runtime: {reason}"));
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(dispatch(verb, &common));
    // A guest that can't be stopped must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(error) => {
            report(&error, common.json);
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(verb: Verb, common: &Common) -> Result<ExitCode> {
    match verb {
        Verb::Serve(verb) => verb.run(common).await,
        Verb::Run(verb) => verb.run(common).await,
        Verb::Check(verb) => verb.run(common).await,
        Verb::Next(verb) => verb.run(common).await,
        Verb::Tasks(verb) => verb.run(common).await,
        Verb::Runs(verb) => verb.run(common).await,
        Verb::Logs(verb) => verb.run(common).await,
        Verb::Plugins(verb) => verb.run(common).await,
        Verb::Inspect(verb) => verb.run(common).await,
        Verb::Grants(verb) => verb.run(common).await,
        Verb::Schema(verb) => verb.run(),
        Verb::Completions(verb) => verb.run::<Cli>(),
        Verb::CompilePlugin(verb) => Ok(verb.run()),
    }
}

/// What the host itself has to say goes to standard error.
fn init_diagnostics() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_target(false)
        // It would be told by `eprintln!`, which panics where nobody can be told.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}

fn report(error: &anyhow::Error, json: bool) {
    match error.downcast_ref::<ConfigError>() {
        Some(ConfigError::Problems(problems)) if json => {
            output::json(&serde_json::json!({ "problems": problems.to_json() }));
        }
        Some(ConfigError::Problems(problems)) => {
            output::error_text(&problems.render());
            output::error_line(&format!("error: {error}"));
        }
        _ => eprintln!("error: {error:#}"),
    }
}

impl Common {
    fn config(&self) -> Result<Config> {
        config::load(&self.config).map_err(with_way_out)
    }

    fn history(&self) -> Result<SqliteHistory> {
        let config = self.config()?;
        SqliteHistory::open(&config.data_dir).context("can't read the history")
    }
}

/// Says what to do about a configuration that is not there.
fn with_way_out(error: ConfigError) -> anyhow::Error {
    match error {
        ConfigError::Read { .. } => anyhow::Error::new(error)
            .context("name the configuration with --config, or start in its folder"),
        other => other.into(),
    }
}

impl Config {
    /// The task of this name.
    fn task(&self, name: &TaskName) -> Result<&TaskDraft> {
        let task = self.tasks.iter().find(|task| task.name.value == *name);
        task.with_context(|| {
            let names: Vec<_> = self.tasks.iter().map(|task| task.name.value.as_str()).collect();
            format!("there is no task `{name}`; {}", crate::config::meant(name.as_str(), &names))
        })
    }
}
