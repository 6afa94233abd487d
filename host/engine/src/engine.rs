//! Starting and ending all the loops.

use std::{sync::Arc, time::Duration};

use horarium_core::{Clock, Executor, Store, name::TaskName, store::RecordedFire, task::TaskSpec};
use tokio::{
    sync::{Notify, mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
};

use crate::{
    event::Events,
    keeper,
    roster::Roster,
    runner,
    running::Running,
    scheduler::{self, Command},
    shared::{Phase, Shared},
};

/// How an engine works.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Its name in the history.
    pub node: String,
    /// Attempts that run at once; at least 1.
    pub capacity: u32,
    /// How long a lease lasts.
    pub lease: Duration,
    /// How often it is renewed.
    pub renew: Duration,
    /// After how long without a renewal an attempt is stopped.
    pub give_up: Duration,
}

impl EngineConfig {
    /// The times that a node keeps; any two nodes of a store must agree on them.
    #[must_use]
    pub fn new(node: String, capacity: u32) -> Self {
        Self {
            node,
            capacity: capacity.max(1),
            lease: Duration::from_secs(30),
            renew: Duration::from_secs(10),
            give_up: Duration::from_secs(20),
        }
    }
}

/// A running engine. Dropped, it ends at once: what ran is lost to it, and
/// recorded as such by whoever holds the store next.
pub struct Engine {
    commands: mpsc::Sender<Command>,
    phase: watch::Sender<Phase>,
    runner: JoinHandle<()>,
    loops: JoinSet<()>,
    ended: watch::Receiver<bool>,
}

impl Engine {
    /// Starts an engine that knows no tasks yet. Call from within a tokio runtime.
    pub fn start<S: Store, X: Executor>(
        store: S,
        executor: X,
        clock: Arc<dyn Clock>,
        events: Arc<dyn Events>,
        config: EngineConfig,
    ) -> Self {
        let (phase, _) = watch::channel(Phase::Working);
        let shared = Arc::new(Shared {
            store,
            executor,
            clock,
            events,
            config,
            roster: Roster::default(),
            running: Running::default(),
            work: Notify::new(),
            phase: phase.clone(),
        });
        let (commands, received) = mpsc::channel(16);
        let (alive, ended) = watch::channel(false);
        let mut loops = JoinSet::new();
        loops.spawn(reporting(alive.clone(), scheduler::run(shared.clone(), received)));
        loops.spawn(reporting(alive.clone(), start_keeping(shared.clone())));
        let runner = tokio::spawn(reporting(alive, runner::run(shared)));
        Self { commands, phase, runner, loops, ended }
    }

    /// Makes these the tasks. Returns when they are active; what was not changed
    /// keeps its state, and what was removed finishes what runs.
    pub async fn set_tasks(&self, tasks: Vec<TaskSpec>) {
        let tasks = tasks.into_iter().map(Arc::new).collect();
        let (done, active) = oneshot::channel();
        // Both fail only where the engine is draining, and then nothing starts any more.
        if self.commands.send(Command::SetTasks { tasks, done }).await.is_ok() {
            let _ = active.await;
        }
    }

    /// Starts a task once, now, as if somebody had asked for it. Returns when that
    /// is in the history; none where there is no such task or the engine drains.
    pub async fn trigger(&self, task: TaskName) -> Option<RecordedFire> {
        let (done, recorded) = oneshot::channel();
        self.commands.send(Command::Trigger { task, done }).await.ok()?;
        recorded.await.ok()?
    }

    /// Completes when a loop has ended that nobody asked to, by a fault.
    pub async fn ended(&self) {
        // Without a sender all loops are gone, too.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }

    /// Begins nothing new, gives what runs `grace` to end, hands back what then
    /// still runs, and returns when everything is recorded.
    pub async fn drain(mut self, grace: Duration) {
        self.phase.send_replace(Phase::Draining);
        if tokio::time::timeout(grace, &mut self.runner).await.is_err() {
            self.phase.send_replace(Phase::Stopping);
            // A panic there is reported by its thread; there is nothing left to end.
            let _ = (&mut self.runner).await;
        }
        self.loops.shutdown().await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.runner.abort();
    }
}

/// Tells of a loop's end, by a panic as well.
async fn reporting(alive: watch::Sender<bool>, work: impl Future<Output = ()>) {
    struct Report(watch::Sender<bool>);
    impl Drop for Report {
        fn drop(&mut self) {
            self.0.send_replace(true);
        }
    }
    let _report = Report(alive);
    work.await;
}

/// The keeper knows how to go on with a lost run only once it knows the tasks.
async fn start_keeping<S: Store, X: Executor>(shared: Arc<Shared<S, X>>) {
    shared.roster.known().await;
    keeper::run(shared).await;
}
