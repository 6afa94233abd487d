//! Engine and store as they are, in a world where everything goes wrong that can: hosts
//! die between any two steps, the power is cut, transactions fail or are not heard of,
//! guests take their time, clocks jump, people ask for all kinds of things. A seed decides all of it, so
//! that what was found once is found again.
//!
//! Beside the store a ledger is kept of what it was seen to do, and the promises are
//! checked against it at every step.

mod alerts;
mod clock;
mod effects;
mod faulty;
mod guests;
mod ledger;
mod mutant;
mod operator;
mod tasks;
mod world;

pub use mutant::Mutant;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use horarium_core::{
    Clock, History, Outbox,
    run::{RunState, Trigger},
    store::{AlertQuery, RunQuery, RunView, Scope},
    time,
};
use horarium_engine::{Engine, EngineConfig, Event, Events};
use horarium_store::SqliteStore;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::{
    clock::SimulatedClock,
    faulty::Faulty,
    guests::Guests,
    mutant::Mutated,
    world::{Life, World},
};

/// How long everything is left alone at the end.
const QUIET: Duration = Duration::from_secs(120);

/// What came of a simulation in which every promise was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Transactions.
    pub steps: u64,
    /// Runs.
    pub runs: u64,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The seed that shows it again.
    pub seed: u64,
    /// After how many transactions.
    pub steps: u64,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, step {}: {}", self.seed, self.steps, self.what)
    }
}

/// Simulates what this seed decides.
///
/// # Errors
/// Where a promise was broken.
///
/// # Panics
/// Where there is no memory for a runtime and a store.
pub fn simulate(seed: u64, mutant: Mutant) -> Result<Summary, Broken> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    let world = Arc::new(World::new(seed));
    let store = SqliteStore::in_memory().expect("a store");
    let simulation = Simulation { world: world.clone(), store: Mutex::new(store), mutant };
    let runs = runtime.block_on(async {
        let mut broken = world.broken.subscribe();
        tokio::select! {
            biased;
            _ = broken.wait_for(|broken| *broken) => 0,
            runs = simulation.run() => runs,
        }
    });
    let steps = world.steps.load(Ordering::Relaxed);
    match world.ledger().broken.take() {
        Some(what) => Err(Broken { seed, steps, what }),
        None => Ok(Summary { steps, runs }),
    }
}

struct Simulation {
    world: Arc<World>,
    /// Replaced where the power is cut.
    store: Mutex<SqliteStore>,
    mutant: Mutant,
}

impl Simulation {
    async fn run(&self) -> u64 {
        let clock = SimulatedClock::new();
        let names: Vec<_> = tasks::NAMES.to_vec();
        // A chain is made by one host, so there is none where there are two.
        let without: Vec<_> = names.iter().copied().filter(|name| *name != "pump").collect();
        if self.world.happens(500) {
            let cuts = self.world.happens(250);
            self.world.cuts.store(cuts, Ordering::Relaxed);
            self.host("one", &names, &clock).await;
        } else {
            let (one, two) =
                (self.host("one", &without, &clock), self.host("two", &without, &clock));
            tokio::join!(one, two);
        }
        self.world.calm_down();
        // Leases end by the wall clock.
        clock.catch_up();
        self.settle(&names, &clock).await;
        self.check(&clock).await
    }

    fn store(&self) -> SqliteStore {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The machine of a host that has ended may have gone down with it.
    fn cut_power(&self) {
        if self.world.happens(500)
            && let Some(left) = self.world.cut()
        {
            *self.store.lock().unwrap_or_else(PoisonError::into_inner) = left;
        }
    }

    /// A host that lives and dies a few times.
    async fn host(&self, node: &str, names: &[&str], clock: &SimulatedClock) {
        for _ in 0..2 + self.world.below(3) {
            self.live(node, names, clock).await;
            // What was about to happen in this very moment happens.
            sleep(Duration::from_millis(1)).await;
            self.cut_power();
            sleep(self.world.up_to(40)).await;
        }
    }

    async fn live(&self, node: &str, names: &[&str], clock: &SimulatedClock) {
        let life = Arc::new(Life::new());
        let engine = self.start(node, clock, &life);
        let end = Instant::now() + Duration::from_secs(20) + self.world.up_to(100);
        let busy = async {
            engine.control().set_tasks(operator::choose(&self.world, names)).await;
            loop {
                sleep(self.world.up_to(12)).await;
                operator::ask(&self.world, names, engine.control(), clock, &life).await;
            }
        };
        tokio::select! {
            biased;
            () = life.died() => {}
            () = busy => {}
            // Wherever it may be just then.
            () = sleep_until(end) => {}
        }
        life.set_hung(false);
        if self.world.happens(300) {
            let _ = timeout(Duration::from_secs(60), engine.drain(self.world.up_to(10))).await;
        }
    }

    fn start(&self, node: &str, clock: &SimulatedClock, life: &Arc<Life>) -> Engine {
        let (world, life) = (self.world.clone(), life.clone());
        // A fault within a transaction, and one that is more than one of them.
        let (within, around) = match self.mutant {
            Mutant::CursorApart | Mutant::Unsettled => (Mutant::Sound, self.mutant),
            within => (within, Mutant::Sound),
        };
        let inner = Mutated { inner: self.store(), mutant: within };
        let store = Mutated { inner: Faulty { inner, world, life }, mutant: around };
        let guests = Guests(self.world.clone());
        let config = EngineConfig::new(node.to_owned(), [1, 2, 3, 6][self.world.one_of(4)]);
        Engine::start(store, guests, Arc::new(clock.clone()), Arc::new(Deaf), config)
    }

    /// Lets a host without trouble do what is left.
    async fn settle(&self, names: &[&str], clock: &SimulatedClock) {
        let engine = self.start("last", clock, &Arc::new(Life::new()));
        let specs: Vec<_> = names.iter().map(|name| tasks::spec(name)).collect();
        let tasks: Vec<_> = specs.iter().map(|spec| spec.name.clone()).collect();
        engine.control().set_tasks(specs).await;
        let _ = engine.control().resume(Scope::All).await;
        for task in tasks {
            let _ = engine.control().resume(Scope::Task(task)).await;
        }
        sleep(QUIET).await;
        engine.drain(QUIET).await;
    }

    /// Checks what must be true in the end.
    async fn check(&self, clock: &SimulatedClock) -> u64 {
        self.world.compare(&self.store()).await;
        let query = RunQuery { limit: u32::MAX, ..RunQuery::default() };
        let all = AlertQuery { limit: u32::MAX, ..AlertQuery::default() };
        let (runs, told) = match (self.store().runs(query).await, self.store().alerts(all).await) {
            (Ok(runs), Ok(told)) => (runs, told),
            (Err(error), _) | (_, Err(error)) => {
                self.world.ledger().broken = Some(error.to_string());
                return 0;
            }
        };
        let told: Vec<_> = told.into_iter().rev().map(|view| view.alert).collect();
        let broken = self.unfinished(&runs, clock).or_else(|| self.missing(&runs, clock));
        let broken = broken.or_else(|| alerts::wrong(&told, &runs));
        let broken = match broken {
            None => effects::wrong(&self.store(), &runs).await,
            broken => broken,
        };
        if let Some(what) = broken {
            self.world.ledger().broken.get_or_insert(what);
        }
        runs.len() as u64
    }

    /// A run that should be over, and is not.
    fn unfinished(&self, runs: &[RunView], clock: &SimulatedClock) -> Option<String> {
        let late = time::sub(clock.now(), Duration::from_secs(60));
        let open = runs.iter().find(|run| match run.state {
            RunState::Ended(_) => false,
            RunState::Running => true,
            // The last host has ended: what was due just then waits for the next one.
            RunState::Scheduled | RunState::RetryWait => run.due_at.is_some_and(|due| due < late),
        });
        open.map(|run| format!("in the end, {run:?} is not over"))
    }

    /// An instant that should have a run, and has none.
    fn missing(&self, runs: &[RunView], clock: &SimulatedClock) -> Option<String> {
        let of = |task: &'static str, trigger: Trigger| {
            let runs = runs.iter().filter(move |run| run.task.as_str() == task);
            runs.filter(move |run| run.trigger == trigger)
        };
        let once = of("once", Trigger::Once).count();
        if once != 1 {
            return Some(format!("`once` has {once} runs"));
        }
        let mut instants: Vec<_> =
            of("all", Trigger::Schedule).map(|run| run.scheduled_for).collect();
        instants.sort_unstable();
        let pace = Duration::from_secs(tasks::PACE);
        let gap = instants.windows(2).find(|pair| time::add(pair[0], pace) != pair[1]);
        if let Some(gap) = gap {
            return Some(format!("nothing between {} and {}", gap[0], gap[1]));
        }
        let last = instants.last().copied().unwrap_or_default();
        let expected = time::sub(clock.now(), pace * 3);
        (last < expected).then(|| format!("nothing after {last}, and it is {}", clock.now()))
    }
}

/// Nobody watches.
struct Deaf;

impl Events for Deaf {
    fn event(&self, _event: Event) {}
}
