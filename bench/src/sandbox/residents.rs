//! What waits without running: guests that sleep, functions that nobody calls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use horarium_core::{
    attempt::{Observer, Progress},
    executor::StopReason,
    limits::Limits,
    log::LogLine,
    verdict::VerdictKind,
};
use tokio::sync::{Notify, watch};

use super::{
    setup::{self, MEASURED},
    start,
};
use crate::{
    figure::{Better, Figure, rounded},
    process,
};

const SLEEPERS: usize = 1_000;
const PLUGINS: usize = 200;

pub(super) async fn measure() -> Result<()> {
    sleeping().await?;
    idle().await
}

/// Counts the guests that said that they sleep.
#[derive(Default)]
struct Asleep {
    count: AtomicUsize,
    all: Notify,
}

impl Observer for Asleep {
    fn log(&self, _line: LogLine) {
        if self.count.fetch_add(1, Ordering::AcqRel) + 1 == SLEEPERS {
            self.all.notify_one();
        }
    }

    fn progress(&self, _progress: Progress) {}
}

async fn sleeping() -> Result<()> {
    let (sandbox, plugin) = setup::sandbox(u32::try_from(SLEEPERS)?, MEASURED).await?;
    let (sandbox, plugin) = (Arc::new(sandbox), Arc::new(plugin));
    let limits = Limits { timeout: Duration::from_secs(600), ..Limits::DEFAULT };
    let spec = setup::spec("nap", "null", limits)?;
    let asleep = Arc::new(Asleep::default());
    let (stop, _) = watch::channel(());
    let before = process::resident()?;
    let guests: Vec<_> = (0..SLEEPERS)
        .map(|_| {
            let (sandbox, plugin, spec) = (sandbox.clone(), plugin.clone(), spec.clone());
            let (asleep, mut stopped) = (asleep.clone(), stop.subscribe());
            tokio::spawn(async move {
                let stop = Box::pin(async move {
                    let _ = stopped.changed().await;
                    StopReason::Cancel
                });
                sandbox.run(&plugin, setup::watched(&spec, asleep, stop)).await
            })
        })
        .collect();
    asleep.all.notified().await;
    let held = process::resident()? - before;
    drop(stop);
    for guest in guests {
        setup::expect(&guest.await?, VerdictKind::Cancelled)?;
    }
    #[expect(clippy::cast_precision_loss, reason = "a thousand")]
    let each = held / SLEEPERS as f64;
    Figure {
        name: "sandbox.bytes_per_sleeping_guest",
        value: rounded(each),
        unit: "bytes",
        goal: None,
        better: Better::Lower,
        about: "resident memory of 1,000 guests asleep at once, over 1,000",
    }
    .print()
}

async fn idle() -> Result<()> {
    let dir = tempfile::tempdir_in("target")?;
    start::fill(dir.path(), PLUGINS)?;
    let sandbox = setup::sandbox(4, MEASURED).await?.0;
    let library = horarium_sandbox::Library::new(dir.path(), Arc::new(sandbox));
    let before = process::resident()?;
    library.scan_until_settled(|_, _| {}).await?;
    let held = process::resident()? - before;
    let functions: usize = library
        .list()
        .iter()
        .filter_map(|listing| listing.plugin.as_ref())
        .map(|plugin| plugin.functions().len())
        .sum();
    anyhow::ensure!(functions == 10_000, "{functions} functions are loaded");
    #[expect(clippy::cast_precision_loss, reason = "ten thousand")]
    let each = held / functions as f64;
    Figure {
        name: "sandbox.bytes_per_idle_function",
        value: rounded(each),
        unit: "bytes",
        goal: None,
        better: Better::Lower,
        about: "resident memory of 10,000 loaded functions, fifty to each of 200 plugins, over 10,000",
    }
    .print()
}
