//! An engine with a clock that only moves when everything waits, a store in
//! memory, and task functions that are closures.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use horarium_core::{
    Clock, Executor, Store,
    attempt::{Outcome, Usage},
    executor::{Invocation, StopReason},
    instance::InstancePolicy,
    limits::Limits,
    retry::RetryPolicy,
    rules::Rules,
    schedule::{Every, Schedule},
    store::{RunQuery, RunView, Started},
    task::TaskSpec,
    time,
    verdict::Verdict,
};
use horarium_engine::{Asked, Engine, EngineConfig, Event, Events};
use horarium_store::SqliteStore;
use jiff::Timestamp;
use tokio::{sync::mpsc, time::Instant};

/// 2026-01-01T00:00:00Z, plus whatever tokio's paused clock says.
pub(crate) struct PausedClock(Instant);

impl PausedClock {
    pub(crate) fn start() -> Arc<Self> {
        Arc::new(Self(Instant::now()))
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        time::to_stored_precision(time::add(origin(), self.0.elapsed()))
    }
}

pub(crate) fn origin() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// Seconds since [`origin`].
pub(crate) fn second(at: Timestamp) -> f64 {
    time::between(origin(), at).as_secs_f64()
}

/// What a scripted attempt does.
pub(crate) enum Act {
    End(Verdict),
    After(Duration, Verdict),
    Hang,
    Panic,
}

type Script = dyn Fn(&Invocation) -> Act + Send + Sync;

pub(crate) struct Scripted(Box<Script>);

impl Executor for Scripted {
    async fn execute(&self, invocation: Invocation) -> Outcome {
        let act = (self.0)(&invocation);
        let started = Instant::now();
        let work = async {
            match act {
                Act::End(verdict) => verdict,
                Act::After(length, verdict) => {
                    tokio::time::sleep(length).await;
                    verdict
                }
                Act::Hang => std::future::pending().await,
                Act::Panic => panic!("the executor has a fault"),
            }
        };
        let verdict = tokio::select! {
            verdict = work => verdict,
            reason = invocation.stop => match reason {
                StopReason::Cancel => Verdict::Cancelled,
                StopReason::Shutdown => Verdict::Interrupted,
            },
        };
        let usage = Usage { wall: started.elapsed(), ..Usage::default() };
        Outcome { usage, ..Outcome::before_start(verdict) }
    }
}

pub(crate) fn script(act: impl Fn(&Invocation) -> Act + Send + Sync + 'static) -> Scripted {
    Scripted(Box::new(act))
}

pub(crate) fn success() -> Verdict {
    Verdict::Succeeded { output: None }
}

struct Told(mpsc::UnboundedSender<Event>);

impl Events for Told {
    fn event(&self, event: Event) {
        let _ = self.0.send(event);
    }
}

pub(crate) struct Host<S = SqliteStore> {
    pub(crate) store: S,
    pub(crate) engine: Engine,
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
}

impl Host {
    pub(crate) fn start(script: Scripted) -> Self {
        Self::on(SqliteStore::in_memory().unwrap(), PausedClock::start(), script, 8)
    }
}

impl<S: Store + Clone> Host<S> {
    pub(crate) fn on(store: S, clock: Arc<dyn Clock>, script: Scripted, capacity: u32) -> Self {
        let (tell, events) = mpsc::unbounded_channel();
        let config = EngineConfig::new("test".to_owned(), capacity);
        let engine = Engine::start(store.clone(), script, clock, Arc::new(Told(tell)), config);
        Self { store, engine, events: Mutex::new(events) }
    }

    /// What comes of asking for a run of this task.
    pub(crate) async fn ask(&self, task: &str) -> Started {
        self.engine.control().trigger(Asked::now(task.parse().unwrap())).await.unwrap().unwrap()
    }

    /// Everything that was told so far.
    pub(crate) fn told(&self) -> Vec<Event> {
        let mut events = self.events.lock().unwrap();
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }

    /// All runs, oldest first.
    pub(crate) async fn runs(&self) -> Vec<RunView> {
        let query = RunQuery { limit: 1_000, ..RunQuery::default() };
        let mut runs = self.store.runs(query).await.unwrap();
        runs.reverse();
        runs
    }

    /// The states of all runs, oldest first.
    pub(crate) async fn states(&self) -> Vec<&'static str> {
        self.runs().await.iter().map(|run| run.state.as_str()).collect()
    }
}

/// Lets the paused clock advance by this much.
pub(crate) async fn pass(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

pub(crate) fn every(seconds: u64) -> Schedule {
    Schedule::Every(Every::new(Duration::from_secs(seconds), Duration::ZERO).unwrap())
}

/// A task by these rules, whose runs are tried once.
pub(crate) fn task_by(name: &str, schedule: Schedule, rules: Rules) -> TaskSpec {
    let retry = RetryPolicy { max_attempts: 1, ..RetryPolicy::DEFAULT };
    TaskSpec { rules: Rules { retry, ..rules }, ..task(name, schedule) }
}

pub(crate) fn task(name: &str, schedule: Schedule) -> TaskSpec {
    TaskSpec {
        name: name.parse().unwrap(),
        plugin: "plugin".parse().unwrap(),
        function: "function".into(),
        args: "null".into(),
        schedule,
        rules: Rules {
            retry: RetryPolicy { jitter: 0.0, ..RetryPolicy::DEFAULT },
            ..Rules::default()
        },
        limits: Limits::DEFAULT,
        instance: InstancePolicy::Fresh,
        grants: Arc::default(),
    }
}
