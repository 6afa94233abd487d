//! What other writers notice of pruning.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use horarium_core::{
    Store,
    attempt::{AttemptEnd, Outcome},
    name::TaskName,
    overlap::Overlap,
    retention::Retention,
    run::{RunEnd, Trigger},
    store::{Claim, Finish, NewFire, Start, Started},
    time,
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};
use horarium_store::SqliteStore;
use jiff::Timestamp;
use tokio::sync::watch;

use super::RUNS;
use crate::{
    figure::{Figure, percentile},
    history::Filled,
};

const LENGTH: Duration = Duration::from_secs(8);

/// The wait between two transactions of a round, as the engine's pruner has it.
const BREATH: Duration = Duration::from_millis(20);

pub(super) async fn measure(data: &Path, filled: &Filled) -> Result<()> {
    let store = SqliteStore::open(data)?;
    let quiet = write(&store, &filled.sound).await?;
    let retention = Retention {
        age: Some(filled.length / 2),
        runs: Some(u64::from(RUNS / 2)),
        bytes: Some(1 << 30),
    };
    let (stop, stopped) = watch::channel(false);
    let pruning = tokio::spawn({
        let store = store.clone();
        async move {
            let mut pruned = 0;
            while !*stopped.borrow() {
                pruned += store.prune(retention, Timestamp::now()).await?.runs;
                tokio::time::sleep(BREATH).await;
            }
            anyhow::Ok(pruned)
        }
    });
    let beside = write(&store, &filled.sound).await?;
    stop.send_replace(true);
    let pruned = pruning.await??;
    ensure!(pruned > 0, "nothing was pruned");
    store.close().await;

    let worst = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
    let print = |name: &str, value: f64, goal: Option<f64>, about: &str| {
        Figure::lower(name, (value, "ms"), goal, about).print()
    };
    let verbs = "one after the other: a run is made, claimed and finished, each of them committed to a history of 10,000,000 runs with `synchronous=FULL`";
    print(
        "store.write_p99_ms",
        percentile(quiet.clone(), 99),
        None,
        &format!("{verbs}; p99 of 8 s"),
    )?;
    print("store.write_worst_ms", worst(&quiet), None, "the slowest of these")?;
    print(
        "store.prune_write_p99_ms",
        percentile(beside.clone(), 99),
        None,
        &format!(
            "the same while {pruned} of these runs are pruned by age, number and bytes; p99 of 8 s"
        ),
    )?;
    print(
        "store.prune_stall_ms",
        worst(&beside),
        Some(100.0),
        "the slowest of these, the first look of the pruner at the whole history included",
    )
}

/// What each verb took, in milliseconds.
async fn write(store: &SqliteStore, task: &TaskName) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    let end = Instant::now() + LENGTH;
    while Instant::now() < end {
        let now = time::to_stored_precision(Timestamp::now());
        let verb = Instant::now();
        let started = store.start(start(task, now), now).await?;
        times.push(verb.elapsed().as_secs_f64() * 1e3);
        ensure!(matches!(started, Started::New(_)), "no run was made: {started:?}");

        let now = time::to_stored_precision(Timestamp::now());
        let until = time::add(now, Duration::from_secs(30));
        let verb = Instant::now();
        let claim = Claim { node: "bench".to_owned(), limit: 1, now, until };
        let claims = store.claim(claim).await?;
        times.push(verb.elapsed().as_secs_f64() * 1e3);
        let run = claims.runs.first().context("no run was claimed")?;

        let finish = Finish {
            lease: run.lease,
            end: AttemptEnd {
                at: now,
                outcome: Outcome::before_start(Verdict::Succeeded { output: None }),
            },
            transition: Transition::End(RunEnd::Verdict(VerdictKind::Succeeded)),
            conflicted: Transition::Refund(now),
            refused: Transition::Refund(now),
            children: Vec::new(),
            follow_up: None,
            log: Vec::new(),
            quarantine: None,
        };
        let verb = Instant::now();
        let finished = store.finish(finish).await?;
        times.push(verb.elapsed().as_secs_f64() * 1e3);
        ensure!(finished.is_recorded(), "a run's end was not recorded");
    }
    Ok(times)
}

fn start(task: &TaskName, now: Timestamp) -> Start {
    Start {
        task: task.clone(),
        trigger: Trigger::Manual,
        fire: NewFire::at(now),
        overlap: Overlap::Skip,
        args: None,
        key: None,
        repeats: None,
    }
}
