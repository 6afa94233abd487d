//! The command line: a file a verb.

mod alerts;
mod asked;
mod backfill;
mod cancel;
mod channels;
mod check;
mod checkpoint;
mod command_line;
pub(crate) mod compile_plugin;
mod completions;
mod db;
mod findings;
mod grants;
mod graph;
mod init;
mod inspect;
mod logs;
mod man;
mod next;
mod number;
mod pause;
mod place;
mod plugins;
mod reload;
mod rerun;
mod rows;
mod run;
mod runs;
mod schema;
mod serve;
mod source;
mod stand;
mod state;
mod status;
mod tasks;
mod token;
mod trigger;
mod watch;
mod witness;

use std::{io, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Parser, Subcommand};
use horarium_core::name::TaskName;
use horarium_store::SqliteHistory;
use serde_json::json;

use self::source::Source;
use crate::{
    client::{Client, Refused, Remote},
    config::{self, Config, Problem, TaskDraft, load::ConfigError},
    file_limit, output,
    telemetry::diagnostics,
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
    /// Ask the host at this address, such as `https://horarium.example.com:7878`, instead of
    /// the one that serves the configuration here [env: HORARIUM_HOST].
    #[arg(long, global = true, value_name = "URL")]
    host: Option<String>,
    /// The file with the token to show there; else it is what HORARIUM_TOKEN holds.
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The certificates, as PEM, by which it is trusted, instead of the system's [env:
    /// HORARIUM_CA].
    #[arg(long, global = true, value_name = "FILE")]
    ca: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// Begin in a folder: write a configuration with what may stand there, and make the folder
    /// for plugins.
    Init(init::Init),
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
    /// Show the log of a run, or of the newest run of a task.
    Logs(logs::Logs),
    /// List what people are told of tasks, newest first, and how far it has come.
    Alerts(alerts::Alerts),
    /// List where people are told of tasks, or see whether it arrives there.
    Channels(channels::Channels),
    /// Watch the host in the terminal: what runs, what waits, what failed, what is due.
    Watch(watch::Watch),
    /// Say which host serves this configuration, and how it stands.
    Status(status::Status),
    /// Have the host run a task now, or later.
    Trigger(trigger::Trigger),
    /// Have the host stop a run that is under way, or let one that waits not begin.
    Cancel(cancel::Cancel),
    /// Have the host do once more what a run that is over did.
    Rerun(rerun::Rerun),
    /// Have the host make up for instants of a schedule that passed without a run.
    Backfill(backfill::Backfill),
    /// Let nothing of some tasks, or nothing at all, start; what runs goes on.
    Pause(pause::Pause),
    /// Let tasks that were paused or quarantined start again, or the whole host.
    Resume(pause::Pause),
    /// Have the host read its configuration now. It does so by itself within seconds.
    Reload(reload::Reload),
    /// List, read, change and export what tasks keep from one run to the next.
    ///
    /// A bucket is `task/NAME`, which is a task's own and may be written as NAME alone, or
    /// `shared/NAME`, which tasks share.
    State(state::State),
    /// Show what a run's attempts hand on to the next one, or have it forgotten.
    #[command(subcommand)]
    Checkpoint(checkpoint::Checkpoint),
    /// Look after the history: back it up, check it, export it.
    #[command(subcommand)]
    Db(db::Db),
    /// Make, list and revoke tokens, by which others may ask the host over a network.
    ///
    /// Whoever asks a host on another machine, `horarium --host URL …`, shows a token: in the
    /// variable HORARIUM_TOKEN, or in the file that --token-file names. A browser asks for one.
    #[command(subcommand)]
    Token(token::Token),
    /// List the plugins in the plugin directory, bring one, or take one back.
    Plugins(plugins::Plugins),
    /// Show what a plugin file offers and wants.
    Inspect(inspect::Inspect),
    /// Show what a task's guest gets, and what its plugin asks for in vain.
    Grants(grants::Granted),
    /// Show which tasks run after which ones, and which ones they may start.
    Graph(graph::Graph),
    /// Print the JSON Schema of the configuration.
    Schema(schema::Schema),
    /// Print a completion script for a shell.
    Completions(completions::Completions),
    /// Print the manual, as `man` reads it.
    Man(man::Man),
    /// Compile the plugin that comes in, for the host that asks.
    #[command(name = compile_plugin::VERB, hide = true)]
    CompilePlugin(compile_plugin::CompilePlugin),
}

/// Parses the command line, does what it says, and reports what went wrong.
pub(crate) fn main() -> ExitCode {
    let Cli { common, verb } = command_line::parse();
    // It restricts the whole process, so nothing may have begun in it.
    if let Verb::CompilePlugin(verb) = &verb {
        return verb.run();
    }
    // Whoever reads a host's words as JSON gets nothing else.
    let all_json = common.json && matches!(verb, Verb::Serve(_));
    diagnostics::begin(all_json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(reason) => {
            output::error_line(&format!("error: can't start the async runtime: {reason}"));
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        file_limit::survive().context("can't handle signals")?;
        dispatch(verb, &common).await
    });
    // A guest that can't be stopped must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(code) if output::is_whole() => code,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            report(&error, common.json, all_json);
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(verb: Verb, common: &Common) -> Result<ExitCode> {
    if !verb.asks_a_host() {
        common.stays_here(&verb)?;
    }
    match verb {
        Verb::Serve(verb) => verb.run(common).await,
        Verb::Run(verb) => verb.run(common).await,
        Verb::Check(verb) => verb.run(common).await,
        Verb::Next(verb) => verb.run(common).await,
        Verb::Tasks(verb) => verb.run(common).await,
        Verb::Runs(verb) => verb.run(common).await,
        Verb::Logs(verb) => verb.run(common).await,
        Verb::Alerts(verb) => verb.run(common).await,
        Verb::Init(verb) => verb.run(common),
        Verb::Channels(verb) => verb.run(common).await,
        Verb::Watch(verb) => verb.run(common).await,
        Verb::Status(verb) => verb.run(common).await,
        Verb::Trigger(verb) => verb.run(common).await,
        Verb::Cancel(verb) => verb.run(common).await,
        Verb::Rerun(verb) => verb.run(common).await,
        Verb::Backfill(verb) => verb.run(common).await,
        Verb::Pause(verb) => verb.pause(common).await,
        Verb::Resume(verb) => verb.resume(common).await,
        Verb::Reload(verb) => verb.run(common).await,
        Verb::State(verb) => verb.run(common).await,
        Verb::Checkpoint(verb) => verb.run(common).await,
        Verb::Db(verb) => verb.run(common).await,
        Verb::Token(verb) => verb.run(common),
        Verb::Plugins(verb) => verb.run(common).await,
        Verb::Inspect(verb) => verb.run(common).await,
        Verb::Grants(verb) => verb.run(common).await,
        Verb::Graph(verb) => verb.run(common),
        Verb::Schema(verb) => verb.run(),
        Verb::Completions(verb) => verb.run(),
        Verb::Man(verb) => verb.run(),
        Verb::CompilePlugin(verb) => Ok(verb.run()),
    }
}

impl Verb {
    /// Whether it does what it does by asking a host, wherever that is.
    const fn asks_a_host(&self) -> bool {
        match self {
            Self::Check(_)
            | Self::Next(_)
            | Self::Tasks(_)
            | Self::Runs(_)
            | Self::Logs(_)
            | Self::Alerts(_)
            | Self::Channels(_)
            | Self::Status(_)
            | Self::Trigger(_)
            | Self::Cancel(_)
            | Self::Rerun(_)
            | Self::Backfill(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::Reload(_)
            | Self::State(_)
            | Self::Checkpoint(_)
            | Self::Plugins(_)
            | Self::Watch(_) => true,
            Self::Init(_)
            | Self::Serve(_)
            | Self::Run(_)
            | Self::Db(_)
            | Self::Token(_)
            | Self::Inspect(_)
            | Self::Grants(_)
            | Self::Graph(_)
            | Self::Schema(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::CompilePlugin(_) => false,
        }
    }

    /// Whether it is about tasks, runs or tokens, which another host has as well.
    const fn is_of_a_host(&self) -> bool {
        matches!(self, Self::Run(_) | Self::Db(_) | Self::Token(_) | Self::Grants(_))
    }
}

/// Tells people what went wrong, on standard error, and programs that asked for JSON, in one
/// shape whatever it was: an object with `detail` on standard output. Where a host refused, it
/// is all that the host said; where a configuration is wrong, it has `problems`. What `serve`
/// prints there is events, and its last words are one on standard error.
fn report(error: &anyhow::Error, json: bool, all_json: bool) {
    let words = output::without_numbers(&format!("{error:#}"));
    let problems = match error.downcast_ref::<ConfigError>() {
        Some(ConfigError::Problems(problems)) => Some(problems),
        _ => None,
    };
    if json {
        let told = match (error.downcast_ref::<Refused>(), problems) {
            (Some(refused), _) => Some(refused.problem.clone()),
            (None, Some(problems)) => {
                Some(json!({ "detail": words, "problems": problems.to_json() }))
            }
            (None, None) => (!all_json).then(|| json!({ "detail": words })),
        };
        told.iter().for_each(output::json);
    } else if let Some(problems) = problems {
        output::error_text(&problems.render());
    }
    diagnostics::last_words(all_json, &words);
}

impl Common {
    /// The configuration, which has to be sound.
    fn config(&self) -> Result<Config> {
        config::load(&self.config).map_err(with_way_out)
    }

    /// The configuration to be looked at; it may be another shell than the host's.
    fn outline(&self) -> Result<Config> {
        let (config, absent) = config::look(&self.config).map_err(with_way_out)?;
        note_absent(&absent);
        Ok(config)
    }

    fn history(&self) -> Result<SqliteHistory> {
        Ok(SqliteHistory::open(&self.data_dir()?)?)
    }

    /// A host to ask: that at the address that was named, or that of this machine.
    async fn host(&self) -> Result<Client> {
        match self.elsewhere().await? {
            Some(client) => Ok(client),
            None => Client::connect(&self.data_dir()?).await,
        }
    }

    /// Whether the host that is asked may be on another machine.
    fn asks_elsewhere(&self) -> bool {
        self.address().is_some()
    }

    /// Makes sure that nobody means a host by what is done here.
    fn stays_here(&self, verb: &Verb) -> Result<()> {
        let named = [
            ("--host", self.host.is_some()),
            ("--token-file", self.token_file.is_some()),
            ("--ca", self.ca.is_some()),
        ];
        if let Some((option, _)) = named.iter().find(|(_, is_there)| *is_there) {
            bail!("this looks at what is on this machine; leave {option} out");
        }
        if verb.is_of_a_host() && variable("HORARIUM_HOST").is_some() {
            output::error_line(
                "note: this looks at what is on this machine, whatever HORARIUM_HOST says",
            );
        }
        Ok(())
    }

    fn address(&self) -> Option<String> {
        self.host.clone().or_else(|| variable("HORARIUM_HOST"))
    }

    /// The host at the address that was named, where one was.
    async fn elsewhere(&self) -> Result<Option<Client>> {
        let Some(url) = self.address() else { return Ok(None) };
        let roots = self.ca.clone().or_else(|| variable("HORARIUM_CA").map(PathBuf::from));
        let remote = Remote::new(&url, self.token_file.as_deref(), roots)?;
        Client::reach(&remote).await.map(Some)
    }

    /// Where runs are read: of the history on this machine, or of the host at the address
    /// that was named.
    async fn source(&self) -> Result<Source> {
        match self.elsewhere().await? {
            Some(client) => Ok(Source::Host(client)),
            None => Ok(Source::History(self.history()?)),
        }
    }

    /// Where history and host are. For that the rest of the configuration need not be
    /// sound: its host may be serving the last good one.
    fn data_dir(&self) -> Result<PathBuf> {
        config::load::data_dir(&self.config).map_err(with_way_out)
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Says that some values of a configuration are not to be had here.
fn note_absent(absent: &[Problem]) {
    if !absent.is_empty() {
        output::error_line(
            "some values of the configuration are not to be had in this shell: \
             `horarium check` says which",
        );
    }
}

/// Says what to do about a configuration that is not there.
fn with_way_out(error: ConfigError) -> anyhow::Error {
    match &error {
        ConfigError::Read { reason, .. } if reason.kind() == io::ErrorKind::NotFound => {
            anyhow!("{error}; {BEGIN}")
        }
        _ => error.into(),
    }
}

/// What somebody does who has no configuration yet, or is in another folder.
const BEGIN: &str = "name one with --config, start in its folder, or begin one with \
                     `horarium init`";

impl Config {
    /// The task of this name.
    fn task(&self, name: &TaskName) -> Result<&TaskDraft> {
        self.draft(name).with_context(|| {
            let names: Vec<_> = self.tasks.iter().map(|task| task.name.value.as_str()).collect();
            format!("there is no task `{name}`; {}", crate::config::meant(name.as_str(), &names))
        })
    }
}
