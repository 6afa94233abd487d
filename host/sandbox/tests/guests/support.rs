//! Guests that `cargo xtask guests` has built, and a way to run them.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use horarium_core::{
    attempt::{Observer, Outcome, Progress},
    executor::{Invocation, NoState, StopSignal, Unkept},
    grants::Grants,
    instance::InstancePolicy,
    limits::Limits,
    log::LogLine,
    retry::RetryPolicy,
    rules::Rules,
    run::Trigger,
    schedule::Schedule,
    task::TaskSpec,
    verdict::Verdict,
};
use horarium_sandbox::{
    Cache, ChildCompiler, CompileLimits, Compiler, Plugin, Sandbox, SandboxConfig,
};
use jiff::Timestamp;
use serde_json::Value;

/// The bytes of a test guest.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join(format!("../../target/plugins/tests/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|reason| {
        panic!("can't read {}: {reason}; `cargo xtask guests` makes it", path.display())
    })
}

pub(crate) fn sandbox() -> Sandbox {
    sandbox_with(Compiler::InProcess, None)
}

pub(crate) fn sandbox_with(compiler: Compiler, cache: Option<&Path>) -> Sandbox {
    let config = SandboxConfig { capacity: 4, ..SandboxConfig::default() };
    let cache = cache.map(|place| Cache::open(place).unwrap());
    Sandbox::new(&config, compiler, cache).unwrap()
}

/// A compiler that only does what a shell is told.
pub(crate) fn shell(script: impl Into<OsString>) -> Compiler {
    Compiler::Child(ChildCompiler {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: Vec::new(),
        limits: CompileLimits { timeout: Duration::from_secs(3600), ..CompileLimits::DEFAULT },
    })
}

/// A compiler that never gets anywhere.
pub(crate) fn endless() -> Compiler {
    shell("exec sleep 100000")
}

/// `unruly` in a sandbox of its own.
pub(crate) async fn unruly() -> (Sandbox, Plugin) {
    loaded("unruly").await
}

/// A test guest in a sandbox of its own.
pub(crate) async fn loaded(name: &str) -> (Sandbox, Plugin) {
    let sandbox = sandbox();
    let plugin = sandbox.load_bytes(guest(name)).await.unwrap();
    (sandbox, plugin)
}

/// A component or module in WebAssembly's own words.
pub(crate) async fn written(wat: &str) -> (Sandbox, Plugin) {
    let sandbox = sandbox();
    let plugin = sandbox.load_bytes(wat::parse_str(wat).unwrap()).await.unwrap();
    (sandbox, plugin)
}

/// `prober` in a sandbox of its own.
pub(crate) async fn prober() -> (Sandbox, Plugin) {
    let sandbox = sandbox();
    let plugin = sandbox.load_bytes(guest("prober")).await.unwrap();
    (sandbox, plugin)
}

/// What a guest returned.
#[track_caller]
pub(crate) fn output(outcome: &Outcome) -> Value {
    match &outcome.verdict {
        Verdict::Succeeded { output } => output.as_deref().unwrap_or("null").parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Remembers what it hears.
#[derive(Default)]
pub(crate) struct Heard {
    lines: Mutex<Vec<LogLine>>,
    pub(crate) progress: Mutex<Vec<Progress>>,
}

impl Heard {
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.lines.lock().unwrap().clone()
    }

    pub(crate) fn messages(&self) -> Vec<String> {
        self.lines().into_iter().map(|line| line.message).collect()
    }
}

impl Observer for Heard {
    fn log(&self, line: LogLine) {
        self.lines.lock().unwrap().push(line);
    }

    fn progress(&self, progress: Progress) {
        self.progress.lock().unwrap().push(progress);
    }
}

pub(crate) fn never() -> StopSignal {
    Box::pin(std::future::pending())
}

/// What a test says about an attempt.
pub(crate) struct Call<'a> {
    pub(crate) function: &'a str,
    pub(crate) args: Value,
    pub(crate) limits: Limits,
    pub(crate) grants: Grants,
    pub(crate) stop: StopSignal,
    pub(crate) heard: Arc<Heard>,
}

impl<'a> Call<'a> {
    pub(crate) fn to(function: &'a str) -> Self {
        Self {
            function,
            args: Value::Null,
            limits: Limits { timeout: Duration::from_secs(60), ..Limits::DEFAULT },
            grants: Grants::default(),
            stop: never(),
            heard: Arc::default(),
        }
    }

    pub(crate) fn with(self, args: Value) -> Self {
        Self { args, ..self }
    }

    pub(crate) fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    pub(crate) fn granted(self, grants: Grants) -> Self {
        Self { grants, ..self }
    }

    pub(crate) fn invocation(self) -> Invocation {
        let spec = TaskSpec {
            name: "test".parse().unwrap(),
            plugin: "unruly".parse().unwrap(),
            function: self.function.into(),
            args: self.args.to_string().into(),
            schedule: Schedule::Manual,
            rules: Rules {
                retry: RetryPolicy { max_attempts: 5, ..RetryPolicy::DEFAULT },
                ..Rules::default()
            },
            limits: self.limits,
            instance: InstancePolicy::Fresh,
            grants: self.grants.into(),
        };
        Invocation {
            state: Arc::new(NoState),
            checkpoints: Arc::new(Unkept::default()),
            spec: Arc::new(spec),
            run_key: "test-1".to_owned(),
            attempt: 2,
            trigger: Trigger::Manual,
            scheduled_for: Timestamp::UNIX_EPOCH,
            within: None,
            observer: self.heard,
            stop: self.stop,
        }
    }

    pub(crate) async fn run(self, sandbox: &Sandbox, plugin: &Plugin) -> Outcome {
        sandbox.run(plugin, self.invocation()).await
    }
}
