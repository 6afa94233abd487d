//! What `horarium runs` asks a long history.

use std::{path::Path, time::Instant};

use anyhow::{Result, ensure};
use horarium_core::{History, run::RunId, store::RunQuery};
use horarium_store::SqliteHistory;

use super::RUNS;
use crate::{
    figure::{Figure, median},
    history::Filled,
};

const REPEATS: usize = 20;

pub(super) async fn measure(data: &Path, filled: &Filled) -> Result<()> {
    let page = RunQuery { limit: 50, ..RunQuery::default() };
    let of = |task: &horarium_core::name::TaskName| Some(task.clone());
    let failed = vec!["failed".to_owned()];
    let before = |run: u32| Some(RunId(i64::from(run)));
    let queries = [
        ("the newest", 50, page.clone()),
        ("of one task", 50, RunQuery { task: of(&filled.sound), ..page.clone() }),
        ("failed", 50, RunQuery { states: failed.clone(), ..page.clone() }),
        (
            "of one task, from the middle",
            50,
            RunQuery { task: of(&filled.sound), before: before(RUNS / 2), ..page.clone() },
        ),
        (
            "a hundred thousand pages deep",
            50,
            RunQuery { before: before(RUNS / 2), ..page.clone() },
        ),
        (
            "failed, a thousand pages deep",
            50,
            RunQuery { states: failed.clone(), before: before(RUNS - 50_000 * 50), ..page.clone() },
        ),
        (
            "failed of one task that fails",
            50,
            RunQuery { task: of(&filled.broken), states: failed.clone(), ..page.clone() },
        ),
        (
            "failed of one task that never did",
            0,
            RunQuery { task: of(&filled.sound), states: failed, ..page.clone() },
        ),
        (
            "succeeded of one task that never did",
            0,
            RunQuery {
                task: of(&filled.broken),
                states: vec!["succeeded".to_owned()],
                ..page.clone()
            },
        ),
        ("running", 0, RunQuery { states: vec!["running".to_owned()], ..page }),
    ];
    let (mut all, mut worst) = (Vec::new(), (0.0, ""));
    for (name, rows, query) in queries {
        // As each `horarium runs` does, in a process that has read nothing yet.
        let mut times = Vec::new();
        for _ in 0..REPEATS {
            let start = Instant::now();
            let history = SqliteHistory::open(data)?;
            let found = history.runs(query.clone()).await?.len();
            times.push(start.elapsed().as_secs_f64() * 1e3);
            ensure!(found == rows, "{name}: {found} runs instead of {rows}");
        }
        let slowest = times.iter().copied().fold(0.0, f64::max);
        eprintln!("runs, {name}: median {:.2} ms, worst {slowest:.2} ms", median(times.clone()));
        if slowest > worst.0 {
            worst = (slowest, name);
        }
        all.extend(times);
    }
    Figure::lower(
        "store.runs_query_ms",
        (median(all), "ms"),
        Some(20.0),
        "pages of 50 runs out of 10,000,000, as `horarium runs` asks for them, the history opened each time, its file in the system's cache: ten queries, by task, state and cursor, near and deep, 20 times each; p50",
    )
    .print()?;
    let about = format!("the slowest of all of these: {}", worst.1);
    Figure::lower("store.runs_query_worst_ms", (worst.0, "ms"), Some(20.0), &about).print()
}
