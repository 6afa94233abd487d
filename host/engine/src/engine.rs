//! Starting and ending all the loops.

use std::{sync::Arc, time::Duration};

use horarium_core::{Clock, Executor, Store, retention::Retention};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::{JoinHandle, JoinSet},
};

use crate::{
    control::Control,
    desk,
    event::Events,
    keeper,
    notice::Notices,
    pruner,
    roster::Roster,
    runner,
    running::Running,
    scheduler,
    shared::{Phase, Shared},
    trouble::Troubles,
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
    control: Control,
    phase: watch::Sender<Phase>,
    runner: JoinHandle<()>,
    loops: JoinSet<()>,
    ended: watch::Receiver<bool>,
}

impl Engine {
    /// Starts an engine that knows no tasks yet. Call from within a tokio runtime.
    pub fn start<S: Store + Clone, X: Executor>(
        store: S,
        executor: X,
        clock: Arc<dyn Clock>,
        events: Arc<dyn Events>,
        config: EngineConfig,
    ) -> Self {
        let (phase, _) = watch::channel(Phase::Working);
        let (notices, heard) = Notices::new();
        let running = Arc::new(Running::default());
        let shared = Arc::new(Shared {
            state: Arc::new(store.clone()),
            store,
            executor,
            clock,
            troubles: Troubles::new(events.clone()),
            events,
            config,
            roster: Roster::default(),
            running: running.clone(),
            work: Notify::new(),
            room: Notify::new(),
            phase: phase.clone(),
            notices,
        });
        let (commands, received) = mpsc::channel(16);
        let (alive, ended) = watch::channel(false);
        let mut loops = JoinSet::new();
        loops.spawn(reporting(alive.clone(), scheduler::run(shared.clone(), received, heard)));
        loops.spawn(reporting(alive.clone(), start_keeping(shared.clone())));
        let (retention, bounds) = watch::channel(Retention::default());
        loops.spawn(reporting(alive.clone(), pruner::run(shared.clone(), bounds)));
        let (requests, asked) = mpsc::channel(16);
        loops.spawn(reporting(alive.clone(), desk::run(shared.clone(), asked)));
        let runner = tokio::spawn(reporting(alive, runner::run(shared)));
        let control = Control::new(commands, requests, retention, running);
        Self { control, phase, runner, loops, ended }
    }

    /// What can be asked of it.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
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
