//! A store that fails for a while.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::support::*;
use horarium_core::{
    History, Store,
    attempt::Lease,
    checkpoint::CheckpointView,
    log::LogLine,
    name::TaskName,
    retention::Retention,
    rules::OnLost,
    run::RunId,
    schedule::Schedule,
    store::{
        Backfill, Backfilled, Before, Cancelled, Claim, Claims, ExpiredLease, Finish, Finished,
        Pruned, RecordedFire, Registration, RunQuery, Scope, Start, Started, StoreError, TaskFires,
        TaskState,
    },
};
use horarium_engine::Event;
use horarium_store::SqliteStore;
use jiff::Timestamp;

/// A store that does nothing while its disk is full.
#[derive(Clone)]
struct Flaky {
    inner: SqliteStore,
    full: Arc<AtomicBool>,
    /// Seconds between a claim's commit and its answer.
    slow: Arc<AtomicU64>,
    /// It commits, and can't make durable what it has committed.
    unsettled: Arc<AtomicBool>,
}

impl Flaky {
    fn new() -> Self {
        Self {
            inner: SqliteStore::in_memory().unwrap(),
            full: Arc::default(),
            slow: Arc::default(),
            unsettled: Arc::default(),
        }
    }

    fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(StoreError::Full { place: "test".into(), reason: "full".into() });
        }
        Ok(())
    }
}

impl Before for Flaky {
    type Behind = SqliteStore;

    fn behind(&self) -> &SqliteStore {
        &self.inner
    }
}

impl Store for Flaky {
    async fn register(
        &self,
        tasks: Vec<Registration>,
        now: Timestamp,
    ) -> Result<Vec<TaskState>, StoreError> {
        self.check()?;
        self.inner.register(tasks, now).await
    }
    async fn amend(
        &self,
        tasks: Vec<Registration>,
        removed: Vec<TaskName>,
        now: Timestamp,
    ) -> Result<Vec<TaskState>, StoreError> {
        self.check()?;
        self.inner.amend(tasks, removed, now).await
    }
    async fn record_fires(
        &self,
        fires: Vec<TaskFires>,
        now: Timestamp,
    ) -> Result<Vec<RecordedFire>, StoreError> {
        self.check()?;
        self.inner.record_fires(fires, now).await
    }
    async fn start(&self, start: Start, now: Timestamp) -> Result<Started, StoreError> {
        self.check()?;
        self.inner.start(start, now).await
    }
    async fn backfill(&self, wanted: Backfill, now: Timestamp) -> Result<Backfilled, StoreError> {
        self.check()?;
        self.inner.backfill(wanted, now).await
    }
    async fn cancel(&self, run: RunId, now: Timestamp) -> Result<Cancelled, StoreError> {
        self.check()?;
        self.inner.cancel(run, now).await
    }
    async fn pause(&self, scope: Scope, now: Timestamp) -> Result<bool, StoreError> {
        self.check()?;
        self.inner.pause(scope, now).await
    }
    async fn resume(&self, scope: Scope, now: Timestamp) -> Result<bool, StoreError> {
        self.check()?;
        self.inner.resume(scope, now).await
    }
    async fn claim(&self, claim: Claim) -> Result<Claims, StoreError> {
        self.check()?;
        let claims = self.inner.claim(claim).await;
        tokio::time::sleep(Duration::from_secs(self.slow.load(Ordering::SeqCst))).await;
        claims
    }
    async fn set_back(&self, by: Duration, now: Timestamp) -> Result<(), StoreError> {
        self.check()?;
        self.inner.set_back(by, now).await
    }
    async fn settle(&self) -> Result<(), StoreError> {
        self.check()?;
        match self.unsettled.load(Ordering::SeqCst) {
            true => Err(StoreError::Unusable { place: "test".into(), reason: "no sync".into() }),
            false => self.inner.settle().await,
        }
    }
    async fn renew(&self, leases: Vec<Lease>, until: Timestamp) -> Result<Vec<Lease>, StoreError> {
        self.check()?;
        self.inner.renew(leases, until).await
    }
    async fn append_log(&self, lease: Lease, lines: Vec<LogLine>) -> Result<(), StoreError> {
        self.check()?;
        self.inner.append_log(lease, lines).await
    }
    async fn save_checkpoint(
        &self,
        lease: Lease,
        value: Vec<u8>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.check()?;
        self.inner.save_checkpoint(lease, value, now).await
    }
    async fn forget_checkpoint(&self, run: RunId) -> Result<Option<CheckpointView>, StoreError> {
        self.check()?;
        self.inner.forget_checkpoint(run).await
    }
    async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        self.check()?;
        self.inner.finish(finish).await
    }
    async fn prune(&self, retention: Retention, now: Timestamp) -> Result<Pruned, StoreError> {
        self.check()?;
        self.inner.prune(retention, now).await
    }
    async fn expired(&self, now: Timestamp) -> Result<Vec<ExpiredLease>, StoreError> {
        self.check()?;
        self.inner.expired(now).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_waits_until_there_is_room_for_it() {
    let store = Flaky::new();
    let script = script(|_| Act::After(Duration::from_secs(2), success()));
    let host = Host::on(store.clone(), PausedClock::start(), script, 8);
    host.engine.control().set_tasks(vec![task("once", Schedule::Once)]).await;
    pass(1.0).await;
    store.set_full(true);
    pass(7.0).await;
    assert_eq!(host.states().await, ["running"]);
    store.set_full(false);
    pass(3.0).await;
    assert_eq!(host.states().await, ["succeeded"]);
    assert_eq!(store.attempts(RunId(1)).await.unwrap().len(), 1);
    let told = host.told();
    assert!(told.iter().any(|event| matches!(event, Event::StoreTrouble(StoreError::Full { .. }))));
    assert!(told.iter().any(|event| matches!(event, Event::StoreRecovered)));
}

#[tokio::test(start_paused = true)]
async fn a_trouble_is_told_once_however_many_meet_it() {
    let store = Flaky::new();
    let script = script(|_| Act::After(Duration::from_secs(2), success()));
    let host = Host::on(store.clone(), PausedClock::start(), script, 8);
    let tasks = vec![task("once", Schedule::Once), task("tick", every(7)), task("tock", every(3))];
    host.engine.control().set_tasks(tasks).await;
    pass(1.0).await;
    for _ in 0..2 {
        // Ends, fires, claims and renewals fail, and go on to.
        store.set_full(true);
        pass(100.0).await;
        store.set_full(false);
        pass(10.0).await;
        let told = host.told();
        let count = |like: fn(&Event) -> bool| told.iter().filter(|event| like(event)).count();
        let trouble = count(|event| matches!(event, Event::StoreTrouble(_)));
        let recovered = count(|event| matches!(event, Event::StoreRecovered));
        assert_eq!((trouble, recovered), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fire_waits_until_there_is_room_for_it() {
    let store = Flaky::new();
    let host = Host::on(store.clone(), PausedClock::start(), script(|_| Act::End(success())), 8);
    host.engine.control().set_tasks(vec![task("tick", every(100))]).await;
    pass(1.0).await;
    store.set_full(true);
    pass(150.0).await;
    assert_eq!(host.states().await, ["succeeded"]);
    store.set_full(false);
    pass(5.0).await;
    let instants: Vec<_> = host.runs().await.iter().map(|run| second(run.scheduled_for)).collect();
    assert_eq!(instants, [0.0, 100.0]);
}

#[tokio::test(start_paused = true)]
async fn a_guest_is_stopped_before_its_lease_could_be_anybody_elses() {
    let store = Flaky::new();
    let host = Host::on(store.clone(), PausedClock::start(), script(|_| Act::Hang), 8);
    host.engine.control().set_tasks(vec![task("long", Schedule::Once)]).await;
    pass(1.0).await;
    store.set_full(true);
    pass(25.0).await;
    store.set_full(false);
    pass(3.0).await;
    // Stopped, handed back, and begun again.
    let attempts = store.attempts(RunId(1)).await.unwrap();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0].verdict.unwrap().as_str(), "interrupted");
    assert_eq!(attempts[1].attempt, 1);
}

#[tokio::test(start_paused = true)]
async fn a_drain_loses_nothing_that_is_being_claimed() {
    let store = Flaky::new();
    let script = script(|invocation| match invocation.spec.name.as_str() {
        "short" => Act::End(success()),
        _ => Act::Hang,
    });
    let host = Host::on(store.clone(), PausedClock::start(), script, 8);
    store.slow.store(10, Ordering::SeqCst);
    host.engine
        .control()
        .set_tasks(vec![task("short", Schedule::Once), task("long", Schedule::Once)])
        .await;
    // Leased in the store for five seconds already, and not yet in anybody's hands.
    pass(5.0).await;
    assert_eq!(host.states().await, ["running", "running"]);
    host.engine.drain(Duration::ZERO).await;
    let mut runs = store.inner.runs(RunQuery { limit: 9, ..RunQuery::default() }).await.unwrap();
    runs.sort_by_key(|run| run.task.clone());
    let states: Vec<_> = runs.iter().map(|run| (run.state.as_str(), run.attempts)).collect();
    assert_eq!(states[0], ("scheduled", 0), "the long one is handed back");
    assert!(matches!(states[1], ("succeeded", 1) | ("scheduled", 0)), "{states:?}");
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_though_the_store_is_in_trouble() {
    let store = Flaky::new();
    let host = Host::on(store.clone(), PausedClock::start(), script(|_| Act::Hang), 8);
    host.engine.control().set_tasks(vec![task("tick", every(10))]).await;
    pass(1.0).await;
    assert_eq!(host.states().await, ["running"]);
    host.engine.drain(Duration::ZERO).await;
    store.set_full(true);
    let successor = Host::on(store.clone(), PausedClock::start(), script(|_| Act::Hang), 8);
    pass(1.0).await;
    successor.engine.drain(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn what_must_not_happen_twice_begins_once_its_claim_is_durable() {
    let store = Flaky::new();
    let host = Host::on(store.clone(), PausedClock::start(), script(|_| Act::End(success())), 8);
    store.unsettled.store(true, Ordering::SeqCst);
    let mut careful = task("careful", Schedule::Once);
    careful.rules.on_lost = OnLost::Fail;
    host.engine.control().set_tasks(vec![careful, task("other", Schedule::Once)]).await;
    pass(3.0).await;
    let stands = async || {
        let runs = host.runs().await;
        runs.iter()
            .map(|run| (run.task.to_string(), run.state.as_str()))
            .collect::<BTreeMap<_, _>>()
    };
    let waits = stands().await;
    assert_eq!((waits["careful"], waits["other"]), ("running", "succeeded"));
    let begun =
        |event: &Event| matches!(event, Event::Started { task, .. } if task.as_str() == "careful");
    assert!(!host.told().iter().any(begun));
    store.unsettled.store(false, Ordering::SeqCst);
    pass(3.0).await;
    assert_eq!(stands().await["careful"], "succeeded");
    assert!(host.told().iter().any(begun));
}
