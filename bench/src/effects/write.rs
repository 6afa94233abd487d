//! What a write to a task's state adds to a run.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use horarium_core::{
    Buckets, Executor,
    attempt::Outcome,
    effects::{Bucket, Changes, Effects, Key, Quota, Seen},
    executor::Invocation,
    schedule::Schedule,
    verdict::Verdict,
};
use horarium_engine::{Engine, EngineConfig, SystemClock};
use horarium_store::SqliteStore;

use crate::{
    figure::{Figure, median},
    setup::{self, CAPACITY, Diary},
};

/// Always more waiting than running.
const TASKS: u32 = 512;

/// Bytes that each run writes.
const BYTES: usize = 100;

/// Each with its own history, one without and one with writes after the other: a machine's
/// pace drifts.
const ROUNDS: usize = 7;

const WARM_UP: Duration = Duration::from_secs(1);
const MEASURE: Duration = Duration::from_secs(3);

pub(super) async fn measure() -> Result<()> {
    let (mut without, mut with, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let plain = runs_per_second(false).await?;
        let writing = runs_per_second(true).await?;
        added.push(1e6 / writing - 1e6 / plain);
        without.push(plain);
        with.push(writing);
    }
    let about = format!(
        "runs that do nothing, through engine and SQLite, each synced before its end is told; median of {ROUNDS} times {} s",
        MEASURE.as_secs()
    );
    Figure::higher("effects.plain_per_s", (median(without), "runs/s"), None, &about).print()?;
    let about = format!("the same where each run writes {BYTES} bytes to its task's state");
    Figure::higher("effects.writing_per_s", (median(with), "runs/s"), None, &about).print()?;
    let (least, most) = added
        .iter()
        .fold((f64::MAX, f64::MIN), |(least, most), one| (least.min(*one), most.max(*one)));
    let about = format!(
        "what that adds to the time of a run, amortised over commits of many: the difference of the two for each pair of rounds, median of {ROUNDS}, from {least:.1} to {most:.1}"
    );
    Figure::lower("effects.state_write_us", (median(added), "µs"), Some(10.0), &about).print()
}

/// Succeeds at once, and has something written.
struct Writing {
    value: Option<Vec<u8>>,
    key: Key,
}

impl Executor for Writing {
    async fn execute(&self, invocation: Invocation) -> Outcome {
        let mut outcome = Outcome::before_start(Verdict::Succeeded { output: None });
        if let Some(value) = &self.value {
            let changes = Changes {
                bucket: Bucket::Own(invocation.spec.name.clone()),
                quota: Quota::DEFAULT,
                seen: Seen::Nothing,
                writes: vec![(self.key.clone(), Some(value.clone()))],
            };
            outcome.effects = Arc::new(Effects { state: vec![changes], spawns: Vec::new() });
        }
        outcome
    }
}

async fn runs_per_second(writes: bool) -> Result<f64> {
    let data = setup::directory()?;
    let store = SqliteStore::open(data.path())?;
    let diary = Arc::new(Diary::default());
    let key = Key::new("cursor")?;
    let executor = Writing { value: writes.then(|| vec![b'x'; BYTES]), key: key.clone() };
    let engine = Engine::start(
        store.clone(),
        executor,
        Arc::new(SystemClock),
        diary.clone(),
        EngineConfig::new("bench".to_owned(), CAPACITY),
    );
    let schedule = || Schedule::Continuous { pause: Duration::ZERO };
    let task = |number| setup::spec(&format!("write-{number}"), ["native", "native"], schedule());
    let tasks: Result<Vec<_>> = (0..TASKS).map(task).collect();
    engine.control().set_tasks(tasks?).await;
    tokio::time::sleep(WARM_UP).await;
    let (before, start) = (diary.over(), Instant::now());
    tokio::time::sleep(MEASURE).await;
    let (after, elapsed) = (diary.over(), start.elapsed());
    engine.drain(Duration::from_secs(10)).await;
    let (_, entry) = store.entry(Bucket::Own("write-0".parse()?), key).await?;
    ensure!(entry.is_some() == writes, "what was to be written is not there, or the other way");
    store.close().await;
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds, not of atoms")]
    Ok((after - before) as f64 / elapsed.as_secs_f64())
}
