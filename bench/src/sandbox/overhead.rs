//! What a run costs beyond raw wasmtime.

use std::time::Instant;

use anyhow::{Result, anyhow};
use horarium_core::{limits::Limits, verdict::VerdictKind};

use super::setup;
use crate::{
    cli::NOOP,
    figure::{Better, Figure, median, rounded},
    floor::Floor,
};

/// Small, so that a machine's drift meets both sides alike.
const BATCH: usize = 100;
const BATCHES: usize = 300;

pub(super) async fn measure() -> Result<()> {
    let (sandbox, plugin) = setup::sandbox(4, NOOP).await?;
    let floor = Floor::new(sandbox.engine(), &setup::read(NOOP)?, true)
        .map_err(|reason| anyhow!("{reason:#}"))?;
    let spec = setup::spec(&plugin.functions()[0].name, "null", Limits::DEFAULT)?;
    let (mut raw, mut run) = (Vec::new(), Vec::new());
    for batch in 0..BATCHES {
        for _ in 0..BATCH {
            let start = Instant::now();
            floor.once(&spec.function, "null").await.map_err(|reason| anyhow!("{reason:#}"))?;
            raw.push(start.elapsed().as_secs_f64() * 1e6);
        }
        for _ in 0..BATCH {
            let invocation = setup::attempt(&spec);
            let start = Instant::now();
            let outcome = sandbox.run(&plugin, invocation).await;
            run.push(start.elapsed().as_secs_f64() * 1e6);
            setup::expect(&outcome, VerdictKind::Succeeded)?;
        }
        // The first batch finds cold caches.
        if batch == 0 {
            raw.clear();
            run.clear();
        }
    }
    let (raw, run) = (median(raw), median(run));
    Figure {
        name: "sandbox.floor_us",
        value: rounded(raw),
        unit: "µs",
        goal: None,
        better: Better::Lower,
        about: "raw wasmtime, same engine, pool and limits: context, store, instance, call and drop of a no-op std guest; p50",
    }
    .print()?;
    Figure {
        name: "sandbox.run_us",
        value: rounded(run),
        unit: "µs",
        goal: None,
        better: Better::Lower,
        about: "the same guest as an attempt in the sandbox, every limit, log and usage included; p50",
    }
    .print()?;
    Figure {
        name: "sandbox.run_over_floor",
        value: rounded(run / raw),
        unit: "ratio",
        goal: Some(1.3),
        better: Better::Lower,
        about: "`sandbox.run_us` over `sandbox.floor_us`, batches of 100 in turn",
    }
    .print()
}
