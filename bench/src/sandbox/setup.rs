//! A sandbox, a plugin, an attempt.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use horarium_core::{
    attempt::{Observer, Outcome, Progress},
    executor::{Invocation, NoState, StopReason, StopSignal, Unkept},
    instance::InstancePolicy,
    limits::{Caps, Limits},
    log::LogLine,
    rules::Rules,
    run::Trigger,
    schedule::Schedule,
    task::TaskSpec,
    verdict::VerdictKind,
};
use horarium_sandbox::{Compiler, Plugin, Sandbox, SandboxConfig};
use jiff::Timestamp;

pub(crate) const MEASURED: &str = "target/plugins/tests/measured.wasm";

pub(super) fn read(file: &str) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {file}"))
}

/// A sandbox of the given capacity with one plugin.
pub(super) async fn sandbox(capacity: u32, file: &str) -> Result<(Sandbox, Plugin)> {
    sandbox_of(capacity, read(file)?).await
}

/// The same with a plugin that is in memory.
pub(super) async fn sandbox_of(capacity: u32, plugin: Vec<u8>) -> Result<(Sandbox, Plugin)> {
    let config = SandboxConfig { capacity, caps: Caps::DEFAULT };
    let sandbox = Sandbox::new(&config, Compiler::InProcess, None)?;
    let plugin = sandbox.load_bytes(plugin).await?;
    Ok((sandbox, plugin))
}

/// A task that calls a function with these arguments and limits.
pub(super) fn spec(function: &str, args: &str, limits: Limits) -> Result<Arc<TaskSpec>> {
    Ok(Arc::new(TaskSpec {
        name: "measured".parse()?,
        plugin: "measured".parse()?,
        function: function.into(),
        args: args.into(),
        schedule: Schedule::Continuous { pause: Duration::ZERO },
        rules: Rules::default(),
        limits,
        instance: InstancePolicy::Fresh,
        grants: Arc::default(),
    }))
}

/// An attempt that nobody stops and nobody listens to.
pub(super) fn attempt(spec: &Arc<TaskSpec>) -> Invocation {
    watched(spec, Arc::new(Nobody), Box::pin(std::future::pending::<StopReason>()))
}

pub(super) fn watched(
    spec: &Arc<TaskSpec>,
    observer: Arc<dyn Observer>,
    stop: StopSignal,
) -> Invocation {
    Invocation {
        state: Arc::new(NoState),
        checkpoints: Arc::new(Unkept::default()),
        spec: spec.clone(),
        run_key: "bench-1".to_owned(),
        attempt: 1,
        trigger: Trigger::Schedule,
        scheduled_for: Timestamp::UNIX_EPOCH,
        within: None,
        observer,
        stop,
    }
}

pub(super) fn expect(outcome: &Outcome, verdict: VerdictKind) -> Result<()> {
    let kind = outcome.verdict.kind();
    ensure!(kind == verdict, "an attempt ended {kind}: {:?}", outcome.verdict.error());
    Ok(())
}

pub(super) struct Nobody;

impl Observer for Nobody {
    fn log(&self, _line: LogLine) {}

    fn progress(&self, _progress: Progress) {}
}
