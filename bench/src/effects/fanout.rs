//! Runs that start ten thousand others with their success.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use horarium_core::{
    Executor, History,
    attempt::Outcome,
    effects::{Effects, Spawn, When},
    executor::Invocation,
    name::TaskName,
    overlap::Overlap,
    schedule::Schedule,
    store::{RunQuery, Started},
    transition::Transition,
    verdict::Verdict,
};
use horarium_engine::{Asked, Engine, EngineConfig, Event, Events, SystemClock};
use horarium_store::SqliteStore;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::{
    figure::{Figure, median, percentile, rounded},
    setup::{self, CAPACITY, milliseconds},
};

/// Runs that one success starts.
const FAN: u32 = 10_000;

/// Successes that are measured, one after the other.
const ROUNDS: u32 = 20;

/// Other runs a second, of as many tasks.
const OTHERS: u32 = 100;

/// How long they are watched without any fan-out.
const CALM: Duration = Duration::from_secs(3);

/// Before the next fan-out: as rare as one would be, the others have their time between two.
const PAUSE: Duration = Duration::from_millis(200);

const PARENT: &str = "fan";

pub(super) async fn measure() -> Result<()> {
    let Measured { took, calm, beside } = fans().await?;
    let slowest = took.iter().copied().fold(0.0, f64::max);
    let per_second = f64::from(FAN) * 1e3 / median(took);
    let about = format!(
        "started runs a second from successes that start {FAN} each, in one commit: from the attempt's end to when all of it is durable and told, the new runs waiting for their time; median of {ROUNDS}, the slowest took {} ms",
        rounded(slowest)
    );
    let goal = Some(50_000.0);
    Figure::higher("effects.fanout_per_s", (per_second, "runs/s"), goal, &about).print()?;
    let about = |what: &str| {
        format!(
            "from the nominal instant to the attempt's begin, {OTHERS} native no-ops a second {what}; p99"
        )
    };
    let calm = percentile(calm, 99);
    Figure::lower("effects.calm_start_p99_ms", (calm, "ms"), None, &about("alone")).print()?;
    let most = beside.iter().copied().fold(0.0, f64::max);
    let what = about(&format!("beside these fan-outs, one each {} ms", PAUSE.as_millis()));
    let what = format!("{what}, the latest {} ms", rounded(most));
    Figure::lower("effects.fanout_start_p99_ms", (percentile(beside, 99), "ms"), None, &what)
        .print()
}

struct Measured {
    /// Milliseconds that each fan-out took.
    took: Vec<f64>,
    /// How late others began, in milliseconds, without fan-outs
    calm: Vec<f64>,
    /// and beside them.
    beside: Vec<f64>,
}

/// When the parent's attempt ended, and when that was told.
#[derive(Default)]
struct Watch {
    ended: Mutex<Option<Instant>>,
    took: Mutex<Vec<f64>>,
    late: Mutex<Vec<f64>>,
    odd: AtomicBool,
    told: Notify,
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Events for Watch {
    fn event(&self, event: Event) {
        let Event::Ended { task, outcome, transition: Transition::End(_), .. } = event else {
            return;
        };
        if task.as_str() != PARENT {
            return;
        }
        let succeeded = matches!(outcome.verdict, Verdict::Succeeded { .. });
        self.odd.fetch_or(!succeeded, Ordering::Relaxed);
        if let Some(ended) = locked(&self.ended).take() {
            locked(&self.took).push(ended.elapsed().as_secs_f64() * 1e3);
        }
        self.told.notify_one();
    }
}

/// Starts the others, where it is the parent.
struct Fanning {
    watch: Arc<Watch>,
    spawns: Vec<Spawn>,
}

impl Executor for Fanning {
    async fn execute(&self, invocation: Invocation) -> Outcome {
        let mut outcome = Outcome::before_start(Verdict::Succeeded { output: None });
        if invocation.spec.name.as_str() == PARENT {
            let spawns = self.spawns.clone();
            outcome.effects = Arc::new(Effects { state: Vec::new(), spawns });
            *locked(&self.watch.ended) = Some(Instant::now());
        } else {
            let late = milliseconds(invocation.scheduled_for, Timestamp::now());
            locked(&self.watch.late).push(late);
        }
        outcome
    }
}

async fn fans() -> Result<Measured> {
    let data = setup::directory()?;
    let store = SqliteStore::open(data.path())?;
    let watch = Arc::new(Watch::default());
    let (parent, leaf): (TaskName, TaskName) = (PARENT.parse()?, "leaf".parse()?);
    let spawn = |number| Spawn {
        task: leaf.clone(),
        args: Some(format!("{{\"number\":{number}}}")),
        key: None,
        when: When::After(Duration::from_secs(24 * 3600)),
        limit: u32::MAX,
    };
    let engine = Engine::start(
        store.clone(),
        Fanning { watch: watch.clone(), spawns: (0..FAN).map(spawn).collect() },
        Arc::new(SystemClock),
        watch.clone(),
        EngineConfig::new("bench".to_owned(), CAPACITY),
    );
    let native = ["native", "native"];
    let mut tasks = setup::spread("other", native, OTHERS, Duration::from_secs(1))?;
    tasks.push(setup::spec(PARENT, native, Schedule::Manual)?);
    let mut leaves = setup::spec(leaf.as_str(), native, Schedule::Manual)?;
    leaves.rules.overlap = Overlap::Allow { concurrent: None, limit: u32::MAX };
    tasks.push(leaves);
    let control = engine.control();
    control.set_tasks(tasks).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    locked(&watch.late).clear();
    tokio::time::sleep(CALM).await;
    let calm = std::mem::take(&mut *locked(&watch.late));
    for _ in 0..ROUNDS {
        let asked = control.trigger(Asked::now(parent.clone())).await;
        let started = asked.context("the engine has ended")??;
        ensure!(matches!(started, Started::New(_)), "the fan-out did not start: {started:?}");
        watch.told.notified().await;
        tokio::time::sleep(PAUSE).await;
    }
    let beside = std::mem::take(&mut *locked(&watch.late));
    engine.drain(Duration::from_secs(10)).await;
    ensure!(!watch.odd.load(Ordering::Relaxed), "a fan-out did not succeed");
    let query = RunQuery { task: Some(leaf), limit: u32::MAX, ..RunQuery::default() };
    let made = store.runs(query).await?.len();
    ensure!(made == usize::try_from(FAN * ROUNDS)?, "{made} runs were started");
    store.close().await;
    let took = std::mem::take(&mut *locked(&watch.took));
    Ok(Measured { took, calm, beside })
}
