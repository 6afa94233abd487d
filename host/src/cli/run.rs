//! `horarium run`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use bytesize::ByteSize;
use clap::Args;
use horarium_core::{
    attempt::{Observer, Outcome, Progress},
    executor::{Invocation, StopReason},
    function::TaskFunction,
    grants::{DirAccess, DirGrant, Grants, Secret},
    limits::{Caps, Fuel, LimitWishes},
    log::LogLine,
    misfire::Misfire,
    name::TaskName,
    overlap::Overlap,
    retry::RetryPolicy,
    run::Trigger,
    schedule::Schedule,
    task::TaskSpec,
    text::escape,
    time::to_stored_precision,
    verdict::Verdict,
};
use horarium_sandbox::{Plugin, SandboxConfig};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Common, logs};
use crate::{
    config::{bind, meant, suggestions},
    output, plugins,
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
    #[arg(long, short, requires = "plugin")]
    function: Option<String>,
    /// Arguments as JSON.
    #[arg(long, short, value_name = "JSON", value_parser = parse_json)]
    args: Option<Value>,
    /// Wall-clock time, such as `30s`.
    #[arg(long, requires = "plugin", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// Fuel, a number or `unlimited`.
    #[arg(long, requires = "plugin", value_parser = parse_fuel)]
    fuel: Option<Fuel>,
    /// Memory, such as `64MiB`.
    #[arg(long, requires = "plugin")]
    memory: Option<ByteSize>,
    /// A directory to grant, `HOST::GUEST` to read, `HOST::GUEST::rw` to write as
    /// well; may be repeated.
    #[arg(long, requires = "plugin", value_name = "HOST::GUEST", value_parser = parse_dir)]
    dir: Vec<DirGrant>,
    /// A variable of the guest's environment; may be repeated.
    #[arg(long, short, requires = "plugin", value_name = "NAME=VALUE", value_parser = parse_env)]
    env: Vec<(String, Secret)>,
}

fn parse_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|reason| format!("not JSON: {reason}"))
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let length: SignedDuration = text.parse().map_err(|reason| format!("{reason}"))?;
    match Duration::try_from(length) {
        Ok(length) if !length.is_zero() => Ok(length),
        _ => Err("no attempt can be over in no time".to_owned()),
    }
}

fn parse_fuel(text: &str) -> Result<Fuel, String> {
    match text {
        "unlimited" => Ok(Fuel::Unlimited),
        units => match units.replace('_', "").parse() {
            Ok(units @ 1..) => Ok(Fuel::Limited(units)),
            _ => Err("a number above zero, or `unlimited`".to_owned()),
        },
    }
}

fn parse_dir(text: &str) -> Result<DirGrant, String> {
    let mut parts = text.split("::");
    let (Some(host), Some(guest), access, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("write HOST::GUEST or HOST::GUEST::rw".to_owned());
    };
    let access = match access {
        None | Some("ro") => DirAccess::ReadOnly,
        Some("rw") => DirAccess::ReadWrite,
        Some(other) => return Err(format!("{other:?} is neither `ro` nor `rw`")),
    };
    let path = PathBuf::from(host);
    let host = path.canonicalize().map_err(|reason| format!("{host}: {reason}"))?;
    if !host.is_dir() {
        return Err(format!("{} is not a directory", host.display()));
    }
    Ok(DirGrant { host, guest: guest.to_owned(), access })
}

fn parse_env(text: &str) -> Result<(String, Secret), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), Secret::new(value))),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

impl Run {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let outcome = match (&self.task, &self.plugin) {
            (_, Some(file)) => self.plugin_file(file, common.json).await?,
            (Some(task), None) => self.task(task, common).await?,
            (None, None) => bail!("name a task, or a plugin file with --plugin"),
        };
        print(&outcome, common.json);
        let succeeded = matches!(outcome.verdict, Verdict::Succeeded { .. });
        Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn plugin_file(&self, file: &Path, json: bool) -> Result<Outcome> {
        // What the operator asks for on the command line needs no cap.
        let caps = Caps {
            timeout: self.timeout.unwrap_or_default().max(Caps::DEFAULT.timeout),
            memory: self.memory.map_or(0, |memory| memory.as_u64()).max(Caps::DEFAULT.memory),
            ..Caps::DEFAULT
        };
        let sandbox = plugins::bare_sandbox(&SandboxConfig { capacity: 1, caps })?;
        let plugin = sandbox
            .load_file(file)
            .await
            .with_context(|| format!("{} is no plugin", file.display()))?;
        let function = choose(&plugin, self.function.as_deref())?;
        let wishes = LimitWishes {
            timeout: self.timeout,
            fuel: self.fuel,
            memory: self.memory.map(|memory| memory.as_u64()),
            ..LimitWishes::default()
        };
        let suggested = suggestions::of(function).unwrap_or_default();
        let spec = TaskSpec {
            name: "run".parse().context("a name of our own")?,
            plugin: "file".parse().context("a name of our own")?,
            function: function.name.clone(),
            args: checked_args(function, self.args.as_ref())?,
            schedule: Schedule::Manual,
            overlap: Overlap::default(),
            misfire: Misfire::default(),
            retry: RetryPolicy { max_attempts: 1, ..RetryPolicy::DEFAULT },
            limits: wishes.or(suggested.limits).resolve(&caps),
            grants: Grants { dirs: self.dir.clone(), env: self.env.clone() },
        };
        Ok(sandbox.run(&plugin, invocation(spec, json)).await)
    }

    async fn task(&self, name: &TaskName, common: &Common) -> Result<Outcome> {
        let config = common.config()?;
        let draft = config.task(name)?;
        let sandbox = plugins::sandbox(&config, 1)?;
        let file = config.plugin_dir.join(format!("{}.wasm", draft.plugin.value));
        let plugin = sandbox
            .load_file(&file)
            .await
            .with_context(|| format!("{} is no plugin", file.display()))?;
        let function = choose(&plugin, draft.function.as_ref().map(|name| name.value.as_str()))?;
        let suggested = suggestions::of(function).unwrap_or_default();
        let args = self.args.as_ref().or(draft.args.as_ref().map(|args| &args.value));
        let spec = TaskSpec {
            name: name.clone(),
            plugin: draft.plugin.value.clone(),
            function: function.name.clone(),
            args: checked_args(function, args)?,
            schedule: Schedule::Manual,
            overlap: draft.overlap,
            misfire: draft.misfire,
            retry: RetryPolicy { max_attempts: 1, ..RetryPolicy::DEFAULT },
            limits: draft.limits.or(suggested.limits).resolve(&config.caps),
            grants: draft.grants.clone(),
        };
        Ok(sandbox.run(&plugin, invocation(spec, common.json)).await)
    }
}

fn choose<'a>(plugin: &'a Plugin, name: Option<&str>) -> Result<&'a TaskFunction> {
    let names: Vec<_> = plugin.functions().iter().map(|function| function.name.as_str()).collect();
    match (name, plugin.functions()) {
        (Some(name), _) => plugin.function(name).with_context(|| {
            format!("the plugin has no task function `{name}`; {}", meant(name, &names))
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
    let misfits = bind::misfits(function, args);
    if !misfits.is_empty() {
        bail!(
            "the arguments don't fit `{}`: {} (`horarium inspect` shows what it takes)",
            function.name,
            misfits.join("; ")
        );
    }
    Ok(args.to_string())
}

fn invocation(spec: TaskSpec, json: bool) -> Invocation {
    let now = to_stored_precision(Timestamp::now());
    Invocation {
        spec: Arc::new(spec),
        // Not in the history, so not a key that another run could have.
        run_key: format!("run-{}", now.as_microsecond()),
        attempt: 1,
        trigger: Trigger::Manual,
        scheduled_for: now,
        observer: Arc::new(Foreground { json }),
        stop: Box::pin(async {
            match tokio::signal::ctrl_c().await {
                Ok(()) => StopReason::Cancel,
                // Without signals nobody can ask.
                Err(_) => std::future::pending().await,
            }
        }),
    }
}

/// Shows the log as it comes, on standard error, so that standard output is the
/// task's output alone.
struct Foreground {
    json: bool,
}

impl Observer for Foreground {
    fn log(&self, line: LogLine) {
        if self.json {
            output::error_line(&json!({ "log": line }).to_string());
        } else {
            output::error_line(&logs::show(&line).to_string());
        }
    }

    fn progress(&self, progress: Progress) {
        if self.json {
            let Progress { fraction, note } = progress;
            output::error_line(
                &json!({ "progress": { "fraction": fraction, "note": note } }).to_string(),
            );
        } else {
            let percent = progress.fraction.map(|fraction| format!("{:3.0} % ", fraction * 100.0));
            output::error_line(&format!(
                "         {}{}",
                percent.unwrap_or_default(),
                progress.note.unwrap_or_default()
            ));
        }
    }
}

fn print(outcome: &Outcome, json: bool) {
    let usage = &outcome.usage;
    let (text, backtrace) = match &outcome.verdict {
        Verdict::Succeeded { output } => (output.as_deref(), None),
        Verdict::Trapped(trap) => (None, Some(&trap.backtrace)),
        _ => (None, None),
    };
    if json {
        output::json(&json!({
            "verdict": outcome.verdict.kind(),
            "error": outcome.verdict.error(),
            "backtrace": backtrace,
            "output": text.and_then(|text| serde_json::from_str::<Value>(text).ok()),
            "fuel": usage.fuel,
            "peak_memory": usage.peak_memory,
            "wall_us": u64::try_from(usage.wall.as_micros()).unwrap_or(u64::MAX),
            "plugin": outcome.plugin,
        }));
        return;
    }
    if let Some(text) = text {
        output::line(&escape(text));
    }
    let fuel = usage.fuel.map(|fuel| format!(", {} fuel", output::count(fuel)));
    output::error_line(&format!(
        "{} in {}{}, {} memory",
        outcome.verdict.kind(),
        output::length(usage.wall),
        fuel.unwrap_or_default(),
        output::bytes(usage.peak_memory)
    ));
    if let Some(error) = outcome.verdict.error() {
        output::error_line(&format!("  {error}"));
    }
    for frame in backtrace.into_iter().flatten() {
        output::error_line(&format!("    at {frame}"));
    }
}
