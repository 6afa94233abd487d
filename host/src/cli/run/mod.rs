//! `horarium run`

pub(super) mod parse;
mod show;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use horarium_core::{
    attempt::Outcome,
    effects::{Bucket, Entry, Key, Page, Stand},
    executor::{Invocation, NoState, Reading, StateSource, StopReason, Unkept},
    function::TaskFunction,
    grants::{DirGrant, Environment, Grants, Variable},
    instance::InstancePolicy,
    limits::{Caps, Fuel, LimitWishes},
    name::{PluginName, TaskName},
    net::{Endpoint, http::HttpGrant},
    retry::RetryPolicy,
    rules::Rules,
    run::Trigger,
    schedule::Schedule,
    store::{EntryQuery, Refusal},
    task::TaskSpec,
    time::to_stored_precision,
    verdict::Verdict,
};
use horarium_sandbox::{Plugin, Sandbox, SandboxConfig};
use jiff::Timestamp;
use serde_json::Value;

use super::{Common, with_way_out};
use crate::{
    config::{self, Arguments, load::ConfigError, meant, suggestions},
    plugins, written,
};

#[derive(Args)]
pub(super) struct Run {
    /// The task in the configuration.
    #[arg(required_unless_present = "plugin")]
    task: Option<TaskName>,
    /// A plugin file; no configuration is read then.
    #[arg(long, value_name = "FILE", conflicts_with = "task")]
    plugin: Option<PathBuf>,
    /// The task function; may be left out where the plugin has one only.
    #[arg(long, short, conflicts_with = "task")]
    function: Option<String>,
    /// Arguments as JSON.
    #[arg(long, short, value_name = "JSON", value_parser = parse::json)]
    args: Option<Value>,
    /// Wall-clock time, such as `30s`.
    #[arg(long, value_name = "DURATION", conflicts_with = "task", value_parser = parse::duration)]
    timeout: Option<Duration>,
    /// Fuel, a number or `unlimited`.
    #[arg(long, conflicts_with = "task", value_parser = parse::fuel)]
    fuel: Option<Fuel>,
    /// Memory, such as `64MiB`.
    #[arg(long, value_name = "BYTES", conflicts_with = "task", value_parser = written::bytes)]
    memory: Option<u64>,
    /// A directory to grant, `HOST::GUEST` to read, `HOST::GUEST::rw` to write as
    /// well; may be repeated.
    #[arg(long, conflicts_with = "task", value_name = "HOST::GUEST", value_parser = parse::dir)]
    dir: Vec<DirGrant>,
    /// A variable of the guest's environment; may be repeated.
    #[arg(long, short, conflicts_with = "task", value_name = "NAME=VALUE", value_parser = parse::env)]
    env: Vec<Variable>,
    /// An endpoint that may be connected to, such as `api.example.com:443`; may be
    /// repeated.
    #[arg(long, conflicts_with = "task", value_name = "HOST:PORT")]
    tcp: Vec<Endpoint>,
    /// An endpoint that datagrams may be sent to; may be repeated.
    #[arg(long, conflicts_with = "task", value_name = "HOST:PORT")]
    udp: Vec<Endpoint>,
    /// HTTP requests to grant, `URL` to look at all below it, `POST,PUT URL` for other
    /// methods; may be repeated.
    #[arg(long, conflicts_with = "task", value_name = "URL", value_parser = parse::http)]
    http: Vec<HttpGrant>,
}

impl Run {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let outcome = match (&self.task, &self.plugin) {
            (_, Some(file)) => self.plugin_file(file, common.json).await?,
            (Some(task), None) => self.task(task, common).await?,
            (None, None) => bail!("name a task, or a plugin file with --plugin"),
        };
        show::print(&outcome, common.json);
        let succeeded = matches!(outcome.verdict, Verdict::Succeeded { .. });
        Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn plugin_file(&self, file: &Path, json: bool) -> Result<Outcome> {
        // What the operator asks for on the command line needs no cap.
        let caps = Caps {
            timeout: self.timeout.unwrap_or_default().max(Caps::DEFAULT.timeout),
            memory: self.memory.unwrap_or_default().max(Caps::DEFAULT.memory),
            ..Caps::DEFAULT
        };
        let limits = LimitWishes {
            timeout: self.timeout,
            fuel: self.fuel,
            memory: self.memory,
            ..LimitWishes::default()
        };
        let wanted = Wanted {
            name: "run".parse().context("a name of our own")?,
            plugin: plugin_name(file)?,
            function: self.function.as_deref(),
            args: self.args.as_ref(),
            limits,
            grants: Grants {
                dirs: self.dir.clone(),
                env: Environment::new(self.env.clone()),
                http: self.http.clone(),
                tcp: self.tcp.clone(),
                udp: self.udp.clone(),
                ..Grants::default()
            },
            state: Arc::new(NoState),
        };
        let sandbox = plugins::bare_sandbox(&SandboxConfig { capacity: 1, caps })?;
        attempt(&sandbox, file, wanted, &caps, json).await
    }

    async fn task(&self, name: &TaskName, common: &Common) -> Result<Outcome> {
        let (config, mut absent) = config::look(&common.config).map_err(with_way_out)?;
        let draft = config.task(name)?;
        // What others lack is in nobody's way.
        absent.retain(|problem| problem.concerns(name));
        if !absent.is_empty() {
            return Err(ConfigError::Problems(config.problems(absent)).into());
        }
        let wanted = Wanted {
            name: name.clone(),
            plugin: draft.plugin.value.clone(),
            function: draft.function.as_ref().map(|name| name.value.as_str()),
            args: self.args.as_ref().or(draft.args.as_ref().map(|args| &args.value)),
            limits: draft.limits,
            grants: draft.grants.clone(),
            state: kept(common),
        };
        let sandbox = plugins::sandbox(&config, 1)?;
        let file = config.plugin_dir.join(format!("{}.wasm", draft.plugin.value));
        attempt(&sandbox, &file, wanted, &config.caps, common.json).await
    }
}

/// What the history has of what tasks keep. Where there is none yet, they have kept nothing.
fn kept(common: &Common) -> Arc<dyn StateSource> {
    match common.history() {
        Ok(history) => Arc::new(Tried(history)),
        Err(_) => Arc::new(NoState),
    }
}

/// A history that is read by a run that changes nothing.
struct Tried<S>(S);

impl<S: StateSource> StateSource for Tried<S> {
    fn entry(&self, bucket: Bucket, key: Key) -> Reading<(Stand, Option<Entry>)> {
        self.0.entry(bucket, key)
    }

    fn entries(&self, query: EntryQuery) -> Reading<(Stand, Page)> {
        self.0.entries(query)
    }

    fn refusal(&self, task: TaskName) -> Reading<Option<Refusal>> {
        // It starts nothing, and what a host has paused is in nobody's way here.
        NoState.refusal(task)
    }
}

/// What is to be run, as far as it does not depend on the plugin.
struct Wanted<'a> {
    name: TaskName,
    plugin: PluginName,
    function: Option<&'a str>,
    args: Option<&'a Value>,
    limits: LimitWishes,
    grants: Grants,
    /// What it finds of what it has kept; what it would keep is let go.
    state: Arc<dyn StateSource>,
}

/// Runs one attempt with the plugin in `file`.
async fn attempt(
    sandbox: &Sandbox,
    file: &Path,
    wanted: Wanted<'_>,
    caps: &Caps,
    json: bool,
) -> Result<Outcome> {
    if !file.exists() {
        bail!("there is no {}", file.display());
    }
    let plugin = sandbox.load_file(file).await;
    let plugin = plugin.with_context(|| format!("{} is no plugin", file.display()))?;
    let function = choose(&plugin, wanted.function)?;
    // Suggestions that make no sense are none; `horarium check` tells of them.
    let suggested = suggestions::of(function).unwrap_or_default();
    let spec = TaskSpec {
        name: wanted.name,
        plugin: wanted.plugin,
        function: function.name.as_str().into(),
        args: checked_args(function, wanted.args)?.into(),
        schedule: Schedule::Manual,
        rules: Rules {
            retry: RetryPolicy { max_attempts: 1, ..RetryPolicy::DEFAULT },
            ..Rules::default()
        },
        limits: wanted.limits.or(suggested.limits).resolve(caps),
        // It would be dropped with the process.
        instance: InstancePolicy::Fresh,
        grants: wanted.grants.into(),
    };
    Ok(sandbox.run(&plugin, invocation(spec, wanted.state, json)).await)
}

/// What the plugin would be called in the plugin directory.
fn plugin_name(file: &Path) -> Result<PluginName> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
    stem.map_or_else(|| "plugin".parse().context("a name of our own"), Ok)
}

fn choose<'a>(plugin: &'a Plugin, name: Option<&str>) -> Result<&'a TaskFunction> {
    let names: Vec<_> = plugin.functions().iter().map(TaskFunction::short_name).collect();
    match (name, plugin.functions()) {
        (Some(name), _) => plugin.function(name).with_context(|| {
            match plugin.uncallable().iter().find(|other| other.name == name) {
                Some(other) => format!("`{name}` can't be a task: {}", other.reason),
                None => {
                    format!("the plugin has no task function `{name}`; {}", meant(name, &names))
                }
            }
        }),
        (None, [only]) => Ok(only),
        (None, _) => bail!(
            "the plugin has several task functions; name one with --function: {}",
            names.join(", ")
        ),
    }
}

fn checked_args(function: &TaskFunction, args: Option<&Value>) -> Result<String> {
    let args = args.unwrap_or(&Value::Null);
    let misfits = Arguments::of(function).misfits(args);
    if !misfits.is_empty() {
        bail!(
            "the arguments don't fit `{}`: {} (`horarium inspect` shows what it takes)",
            function.name,
            misfits.join("; ")
        );
    }
    Ok(args.to_string())
}

fn invocation(spec: TaskSpec, state: Arc<dyn StateSource>, json: bool) -> Invocation {
    let now = to_stored_precision(Timestamp::now());
    Invocation {
        state,
        checkpoints: Arc::new(Unkept::default()),
        spec: Arc::new(spec),
        // Not in the history, so not a key that another run could have.
        run_key: format!("run-{}", now.as_microsecond()),
        attempt: 1,
        trigger: Trigger::Manual,
        scheduled_for: now,
        within: None,
        observer: Arc::new(show::Foreground { json }),
        stop: Box::pin(async {
            match tokio::signal::ctrl_c().await {
                Ok(()) => StopReason::Cancel,
                // Without signals nobody can ask.
                Err(_) => std::future::pending().await,
            }
        }),
    }
}
