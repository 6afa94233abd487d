//! How soon a guest that never ends is ended, and what its neighbours notice.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use horarium_core::{
    executor::StopReason,
    limits::{Fuel, Limits},
    task::TaskSpec,
    verdict::VerdictKind,
};
use horarium_sandbox::{Plugin, Sandbox};

use super::setup::{self, MEASURED, Nobody};
use crate::figure::{Better, Figure, percentile, rounded};

const SPINS: usize = 200;
const TIMEOUT: Duration = Duration::from_millis(50);

/// How long a neighbour is watched.
const WATCH: Duration = Duration::from_secs(4);

/// The neighbour's own pace: it is not to fill a core.
const PAUSE: Duration = Duration::from_millis(1);

pub(super) async fn measure() -> Result<()> {
    let (sandbox, plugin) = setup::sandbox(16, MEASURED).await?;
    let (sandbox, plugin) = (Arc::new(sandbox), Arc::new(plugin));
    let limits = Limits { fuel: Fuel::Limited(1 << 50), timeout: TIMEOUT, ..Limits::DEFAULT };
    let spin = setup::spec("spin", "null", limits)?;
    let mut late = Vec::new();
    for _ in 0..SPINS {
        let start = Instant::now();
        let outcome = sandbox.run(&plugin, setup::attempt(&spin)).await;
        late.push((start.elapsed().saturating_sub(TIMEOUT)).as_secs_f64() * 1e3);
        setup::expect(&outcome, VerdictKind::TimedOut)?;
    }
    Figure {
        name: "sandbox.overshoot_ms",
        value: rounded(percentile(late, 99)),
        unit: "ms",
        goal: Some(15.0),
        better: Better::Lower,
        about: "from a spinning guest's deadline to its outcome; p99 of 200",
    }
    .print()?;
    neighbours(&sandbox, &plugin).await
}

async fn neighbours(sandbox: &Arc<Sandbox>, plugin: &Arc<Plugin>) -> Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    let alone = neighbour_p99(sandbox, plugin, 0).await?;
    let beside_one = neighbour_p99(sandbox, plugin, 1).await?;
    let beside_all = neighbour_p99(sandbox, plugin, cores).await?;
    Figure {
        name: "sandbox.neighbour_p99_us",
        value: rounded(alone),
        unit: "µs",
        goal: None,
        better: Better::Lower,
        about: "a small attempt every millisecond, alone; p99",
    }
    .print()?;
    Figure {
        name: "sandbox.neighbour_p99_ratio",
        value: rounded(beside_one / alone),
        unit: "ratio",
        goal: Some(1.1),
        better: Better::Lower,
        about: "the same beside one spinning guest, over alone; p99",
    }
    .print()?;
    Figure {
        name: "sandbox.neighbour_p99_ratio_crowded",
        value: rounded(beside_all / alone),
        unit: "ratio",
        goal: None,
        better: Better::Lower,
        about: "the same with a spinning guest on every core: they share, a tick of the epoch each; p99",
    }
    .print()
}

/// The p99 of a small attempt's time beside so many spinning guests, in µs.
async fn neighbour_p99(
    sandbox: &Arc<Sandbox>,
    plugin: &Arc<Plugin>,
    spinning: usize,
) -> Result<f64> {
    let (stop, _) = tokio::sync::watch::channel(());
    let limits = Limits {
        fuel: Fuel::Limited(1 << 50),
        timeout: Duration::from_secs(600),
        ..Limits::DEFAULT
    };
    let spin = setup::spec("spin", "null", limits)?;
    let spinners: Vec<_> =
        (0..spinning).map(|_| spinner(sandbox, plugin, &spin, stop.subscribe())).collect();
    let small = setup::spec("i01", "null", Limits::DEFAULT)?;
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < WATCH {
        tokio::time::sleep(PAUSE).await;
        let invocation = setup::attempt(&small);
        let start = Instant::now();
        let outcome = sandbox.run(plugin, invocation).await;
        times.push(start.elapsed().as_secs_f64() * 1e6);
        setup::expect(&outcome, VerdictKind::Succeeded)?;
    }
    drop(stop);
    for spinner in spinners {
        setup::expect(&spinner.await?, VerdictKind::Cancelled)?;
    }
    Ok(percentile(times, 99))
}

fn spinner(
    sandbox: &Arc<Sandbox>,
    plugin: &Arc<Plugin>,
    spec: &Arc<TaskSpec>,
    mut stopped: tokio::sync::watch::Receiver<()>,
) -> tokio::task::JoinHandle<horarium_core::attempt::Outcome> {
    let (sandbox, plugin, spec) = (sandbox.clone(), plugin.clone(), spec.clone());
    tokio::spawn(async move {
        let stop = Box::pin(async move {
            // An error says that the sender is gone, which is the signal.
            let _ = stopped.changed().await;
            StopReason::Cancel
        });
        sandbox.run(&plugin, setup::watched(&spec, Arc::new(Nobody), stop)).await
    })
}
