//! Durable runs a second, and how much of raw wasmtime's pace that is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use horarium_core::{
    grants::Grants,
    instance::InstancePolicy,
    limits::{Caps, Limits},
    name::PluginName,
    rules::Rules,
    schedule::Schedule,
    task::TaskSpec,
    transition::Transition,
    verdict::VerdictKind,
};
use horarium_engine::{Engine, EngineConfig, Event, Events, SystemClock};
use horarium_sandbox::{Compiler, Library, LibraryExecutor, Sandbox, SandboxConfig};
use horarium_store::SqliteStore;

use crate::{
    cli::NOOP,
    figure::{Better, Figure, rounded},
    floor,
};

/// Enough that commits are full, few enough that the pool is modest.
const CAPACITY: u32 = 256;

/// Always more waiting than running.
const TASKS: u32 = 512;

const WARM_UP: Duration = Duration::from_secs(2);
const MEASURE: Duration = Duration::from_secs(8);

pub(crate) fn run() -> Result<()> {
    let workers = std::thread::available_parallelism()?.get();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    runtime.block_on(measure(workers))
}

async fn measure(workers: usize) -> Result<()> {
    let config = SandboxConfig { capacity: CAPACITY, caps: Caps::DEFAULT };
    let sandbox = Arc::new(Sandbox::new(&config, Compiler::InProcess, None)?);
    let bytes = std::fs::read(NOOP).with_context(|| format!("cannot read {NOOP}"))?;
    // Before and after, since a machine's pace drifts.
    let floor = async || {
        let pace = floor::runs_per_second(sandbox.engine(), &bytes, workers, MEASURE / 2).await;
        pace.map_err(|reason| anyhow!("{reason:#}"))
    };
    let before = floor().await?;
    let durable = durable_runs_per_second(sandbox.clone()).await?;
    let after = floor().await?;
    let floor = f64::midpoint(before, after);
    Figure {
        name: "engine.floor_per_s",
        value: rounded(floor),
        unit: "runs/s",
        goal: None,
        better: Better::Higher,
        about: "raw wasmtime: the same no-op component, engine, pool and limits, one worker a core, nothing recorded",
    }
    .print()?;
    Figure {
        name: "engine.durable_per_s",
        value: rounded(durable),
        unit: "runs/s",
        goal: None,
        better: Better::Higher,
        about: "the same through engine and SQLite, each run with its attempt in the history and synced before its end is told",
    }
    .print()?;
    Figure {
        name: "engine.durable_over_floor",
        value: rounded(durable / floor),
        unit: "ratio",
        goal: Some(0.7),
        better: Better::Higher,
        about: "`engine.durable_per_s` over `engine.floor_per_s`, same process, same run",
    }
    .print()
}

/// Durable runs a second, for whoever compares them with something else.
pub(crate) async fn durable_per_second() -> Result<f64> {
    let config = SandboxConfig { capacity: CAPACITY, caps: Caps::DEFAULT };
    durable_runs_per_second(Arc::new(Sandbox::new(&config, Compiler::InProcess, None)?)).await
}

/// Counts runs that are over and in the history.
#[derive(Default)]
struct Counter {
    over: AtomicU64,
    odd: AtomicU64,
}

impl Events for Counter {
    fn event(&self, event: Event) {
        if let Event::Ended { outcome, transition: Transition::End(_), .. } = event {
            self.over.fetch_add(1, Ordering::Relaxed);
            if outcome.verdict.kind() != VerdictKind::Succeeded {
                self.odd.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

async fn durable_runs_per_second(sandbox: Arc<Sandbox>) -> Result<f64> {
    // Below target/, not /tmp: on a disk, not in memory.
    let data = tempfile::tempdir_in("target")?;
    let plugins = tempfile::tempdir()?;
    std::fs::copy(NOOP, plugins.path().join("noop.wasm"))?;
    let library = Arc::new(Library::new(plugins.path(), sandbox));
    library.scan_until_settled(|_, _| {}).await?;
    let plugin: PluginName = "noop".parse()?;
    let function = library.get(&plugin).context("the no-op plugin was not loaded")?;
    let function = function.functions()[0].name.clone();

    let counter = Arc::new(Counter::default());
    let store = SqliteStore::open(data.path())?;
    let engine = Engine::start(
        store.clone(),
        LibraryExecutor::new(library, u64::MAX),
        Arc::new(SystemClock),
        counter.clone(),
        EngineConfig::new("bench".to_owned(), CAPACITY),
    );
    let tasks: Result<Vec<_>> = (0..TASKS).map(|n| task(n, &plugin, &function)).collect();
    engine.control().set_tasks(tasks?).await;
    tokio::time::sleep(WARM_UP).await;
    let (before, start) = (counter.over.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(MEASURE).await;
    let (after, elapsed) = (counter.over.load(Ordering::Relaxed), start.elapsed());
    engine.drain(Duration::from_secs(10)).await;

    let odd = counter.odd.load(Ordering::Relaxed);
    ensure!(odd == 0, "{odd} runs did not succeed");
    let recorded = recorded(&store).await?;
    let told = counter.over.load(Ordering::Relaxed);
    ensure!(recorded == told, "{told} runs were told to be over, {recorded} are in the history");
    store.close().await;
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds, not of atoms")]
    Ok((after - before) as f64 / elapsed.as_secs_f64())
}

/// Runs that the history holds as succeeded.
async fn recorded(store: &SqliteStore) -> Result<u64> {
    use horarium_core::{History, store::RunQuery};
    let query =
        RunQuery { states: vec!["succeeded".to_owned()], limit: u32::MAX, ..RunQuery::default() };
    Ok(u64::try_from(store.runs(query).await?.len())?)
}

fn task(number: u32, plugin: &PluginName, function: &str) -> Result<TaskSpec> {
    Ok(TaskSpec {
        name: format!("noop-{number}").parse()?,
        plugin: plugin.clone(),
        function: function.into(),
        args: "null".into(),
        schedule: Schedule::Continuous { pause: Duration::ZERO },
        rules: Rules::default(),
        limits: Limits::DEFAULT,
        instance: InstancePolicy::Fresh,
        grants: Grants::none(),
    })
}
