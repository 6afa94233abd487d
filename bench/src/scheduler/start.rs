//! From the nominal instant to the guest's first instruction.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use horarium_core::{
    Executor,
    attempt::Outcome,
    executor::Invocation,
    grants::Clocks,
    limits::{Caps, Fuel},
    schedule::Schedule,
    verdict::Verdict,
};
use horarium_engine::{Engine, EngineConfig, Event, Events, SystemClock};
use horarium_sandbox::{Compiler, Library, LibraryExecutor, Sandbox, SandboxConfig};
use horarium_store::SqliteStore;
use jiff::Timestamp;

use crate::{
    figure::{Figure, median, percentile, permille},
    runtime::block_on,
    sandbox::MEASURED,
    setup::{self, milliseconds},
};

const CLOCK: &str = "clock";

/// Starts a second: few enough that the machine has nothing to do most of the time.
const STARTS: u32 = 25;

const WARM_UP: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(40);
const HALF: Duration = Duration::from_secs(20);

pub(super) fn run() -> Result<()> {
    block_on(measure())
}

async fn measure() -> Result<()> {
    let idle = watch(0, IDLE).await?;
    let cores = std::thread::available_parallelism()?.get();
    let half = watch(cores / 2, HALF).await?;
    let runs = idle.guest.len();
    let how = format!(
        "from the nominal instant to what the guest's clock shows as the first thing it does, {STARTS} runs a second of as many tasks, each in a fresh sandbox, on an otherwise idle host, SQLite with `synchronous=FULL`"
    );
    let print = |name: &str, value: f64, goal: Option<f64>, about: &str| {
        Figure::lower(name, (value, "ms"), goal, about).print()
    };
    print(
        "scheduler.start_recorded_p50_ms",
        median(idle.recorded.clone()),
        None,
        "from the nominal instant to when its run is in the history; p50",
    )?;
    print(
        "scheduler.start_claimed_p50_ms",
        median(idle.claimed.clone()),
        None,
        "from the nominal instant to when its run's lease is in the history as well, and its attempt begins; p50",
    )?;
    for (name, value, goal, share) in [
        ("scheduler.start_p50_ms", percentile(idle.guest.clone(), 50), None, "p50"),
        ("scheduler.start_p99_ms", percentile(idle.guest.clone(), 99), Some(3.0), "p99"),
        ("scheduler.start_p999_ms", permille(idle.guest.clone(), 999), None, "p99.9"),
    ] {
        print(name, value, goal, &format!("{how}; {share} of {runs}"))?;
    }
    let spinning = cores / 2;
    let runs = half.guest.len();
    let how = format!(
        "the same while guests of the same engine that compute without end keep {spinning} of {cores} cores busy"
    );
    for (name, value, share) in [
        ("scheduler.start_p50_ms_half_load", percentile(half.guest.clone(), 50), "p50"),
        ("scheduler.start_p99_ms_half_load", percentile(half.guest.clone(), 99), "p99"),
    ] {
        print(name, value, None, &format!("{how}; {share} of {runs}"))?;
    }
    Ok(())
}

/// How late each step of each run was, in milliseconds.
#[derive(Default)]
struct Late {
    recorded: Vec<f64>,
    claimed: Vec<f64>,
    guest: Vec<f64>,
}

/// Notes the steps of those runs that read the clock.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Late>>);

impl Watch {
    fn note(&self, note: impl FnOnce(&mut Late)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Events for Watch {
    fn event(&self, event: Event) {
        if let Event::Fired(fired) = event
            && fired.fire.task.as_str().starts_with(CLOCK)
        {
            let late = milliseconds(fired.fire.scheduled_for, Timestamp::now());
            self.note(|all| all.recorded.push(late));
        }
    }
}

/// What runs guests, looked at from outside.
struct Watched {
    inner: LibraryExecutor,
    watch: Watch,
}

impl Executor for Watched {
    async fn execute(&self, invocation: Invocation) -> Outcome {
        let claimed = Timestamp::now();
        let due = invocation.scheduled_for;
        let reads = &*invocation.spec.function == CLOCK;
        let outcome = self.inner.execute(invocation).await;
        if reads
            && let Verdict::Succeeded { output: Some(output) } = &outcome.verdict
            && let Ok(shown) = output.parse()
            && let Ok(shown) = Timestamp::from_microsecond(shown)
        {
            self.watch.note(|all| {
                all.claimed.push(milliseconds(due, claimed));
                all.guest.push(milliseconds(due, shown));
            });
        }
        outcome
    }
}

/// Watches the starts beside so many guests that spin.
async fn watch(spinning: usize, length: Duration) -> Result<Late> {
    let data = setup::directory()?;
    let plugins = tempfile::tempdir()?;
    std::fs::copy(MEASURED, plugins.path().join("measured.wasm"))
        .with_context(|| format!("cannot read {MEASURED}"))?;
    let config = SandboxConfig { capacity: setup::CAPACITY, caps: Caps::DEFAULT };
    let sandbox = Arc::new(Sandbox::new(&config, Compiler::InProcess, None)?);
    let library = Arc::new(Library::new(plugins.path(), sandbox));
    library.scan_until_settled(|_, _| {}).await?;
    let store = SqliteStore::open(data.path())?;
    let watch = Watch::default();
    let engine = Engine::start(
        store.clone(),
        Watched { inner: LibraryExecutor::new(library, u64::MAX), watch: watch.clone() },
        Arc::new(SystemClock),
        Arc::new(watch.clone()),
        EngineConfig::new("bench".to_owned(), setup::CAPACITY),
    );
    let mut tasks = setup::spread(CLOCK, ["measured", CLOCK], STARTS, Duration::from_secs(1))?;
    for task in &mut tasks {
        Arc::make_mut(&mut task.grants).clocks = Clocks::Exact;
    }
    for number in 0..spinning {
        let name = format!("spin-{number}");
        let mut spin = setup::spec(&name, ["measured", "spin"], Schedule::Once)?;
        spin.limits.timeout = Duration::from_secs(600);
        spin.limits.fuel = Fuel::Limited(1 << 50);
        tasks.push(spin);
    }
    engine.control().set_tasks(tasks).await;
    tokio::time::sleep(WARM_UP).await;
    watch.note(|all| *all = Late::default());
    tokio::time::sleep(length).await;
    let mut late = Late::default();
    watch.note(|all| late = std::mem::take(all));
    engine.drain(Duration::ZERO).await;
    store.close().await;
    let (wanted, found) = (u64::from(STARTS) * length.as_secs(), late.guest.len());
    ensure!(
        found as u64 + 2 * u64::from(STARTS) > wanted,
        "{found} of {wanted} runs read the clock"
    );
    Ok(late)
}
