//! What a run costs in an instance that is kept.

use std::{fs, num::NonZeroU32, sync::Arc, time::Instant};

use anyhow::{Result, ensure};
use horarium_core::{
    Executor, instance::InstancePolicy, limits::Limits, task::TaskSpec, verdict::VerdictKind,
};
use horarium_sandbox::{Compiler, Library, LibraryExecutor, Sandbox, SandboxConfig};

use super::setup;
use crate::{
    cli::NOOP,
    figure::{Better, Figure, median, rounded},
};

const RUNS: u32 = 100_000;

pub(super) async fn measure() -> Result<()> {
    let dir = tempfile::tempdir_in("target")?;
    fs::write(dir.path().join("measured.wasm"), setup::read(NOOP)?)?;
    let sandbox = Sandbox::new(&SandboxConfig::default(), Compiler::InProcess, None)?;
    let library = Arc::new(Library::new(dir.path(), Arc::new(sandbox)));
    library.scan_until_settled(|_, _| {}).await?;
    ensure!(library.list().len() == 1, "the plugin is not there");
    let executor = LibraryExecutor::new(library, 1 << 30);

    let spec = setup::spec("noop", "null", Limits::DEFAULT)?;
    let runs = NonZeroU32::new(1_000).unwrap_or(NonZeroU32::MIN);
    let instance = InstancePolicy::Reuse(runs);
    let spec = Arc::new(TaskSpec { instance, ..(*spec).clone() });
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let invocation = setup::attempt(&spec);
        let start = Instant::now();
        let outcome = executor.execute(invocation).await;
        times.push(start.elapsed().as_secs_f64() * 1e6);
        setup::expect(&outcome, VerdictKind::Succeeded)?;
    }
    Figure {
        name: "sandbox.reuse_us",
        value: rounded(median(times)),
        unit: "µs",
        goal: Some(4.0),
        better: Better::Lower,
        about: "an attempt of the no-op guest with `instance = { reuse = 1000 }`, room and plugin looked up, every limit, log and usage included; p50 of 100,000",
    }
    .print()
}
