//! What a million runs leave behind.

use std::sync::Arc;

use anyhow::Result;
use horarium_core::{limits::Limits, verdict::VerdictKind};

use super::setup;
use crate::{
    cli::NOOP,
    figure::{Better, Figure, rounded},
    process,
};

/// Where it is looked at, in runs.
const LOOKS: [u64; 4] = [10_000, 100_000, 500_000, 1_000_000];

pub(super) async fn measure() -> Result<()> {
    let (sandbox, plugin) = setup::sandbox(8, NOOP).await?;
    let spec = setup::spec(&plugin.functions()[0].name, "null", Limits::DEFAULT)?;
    let (sandbox, plugin) = (Arc::new(sandbox), Arc::new(plugin));
    let mut done = 0;
    for look in LOOKS {
        let workers = 2;
        let each = (look - done) / workers;
        let tasks: Vec<_> = (0..workers)
            .map(|_| {
                let (sandbox, plugin, spec) = (sandbox.clone(), plugin.clone(), spec.clone());
                tokio::spawn(async move {
                    for _ in 0..each {
                        let outcome = sandbox.run(&plugin, setup::attempt(&spec)).await;
                        setup::expect(&outcome, VerdictKind::Succeeded)?;
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        done = look;
        tell(look)?;
    }
    Ok(())
}

fn tell(runs: u64) -> Result<()> {
    let row = |what: &str, value: f64, unit: &str, about: &str| {
        Figure {
            name: &format!("sandbox.after_{runs}_runs.{what}"),
            value: rounded(value),
            unit,
            goal: None,
            better: Better::Lower,
            about,
        }
        .print()
    };
    row("resident_mib", process::resident()? / f64::from(1 << 20), "MiB", "resident memory")?;
    row("threads", process::threads()?, "threads", "threads of the process")?;
    row("descriptors", process::descriptors()?, "files", "open file descriptors")
}
