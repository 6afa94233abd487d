//! The seam between the engine and whatever runs a task function.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    attempt::{Observer, Outcome},
    effects::{Bucket, Entry, Key, Page, Stand},
    name::TaskName,
    run::Trigger,
    store::{Buckets, EntryQuery, History, Refusal, StoreError},
    task::TaskSpec,
    verdict::Verdict,
};

/// One attempt to be executed.
pub struct Invocation {
    /// The task.
    pub spec: Arc<TaskSpec>,
    /// The run's idempotency key, the same for all of its attempts.
    pub run_key: String,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// Why the run exists.
    pub trigger: Trigger,
    /// The nominal instant of the run.
    pub scheduled_for: Timestamp,
    /// How long it may take, its wait for room included, where that may be less than its
    /// timeout. One that does not come to begin in this time is interrupted.
    pub within: Option<Duration>,
    /// Where it reads what is committed.
    pub state: Arc<dyn StateSource>,
    /// Where it finds and leaves what its run's attempts hand on to each other.
    pub checkpoints: Arc<dyn Checkpoints>,
    /// Who listens.
    pub observer: Arc<dyn Observer>,
    /// Completes when the attempt is to be stopped before its time.
    pub stop: StopSignal,
}

/// Where an attempt reads what is committed.
pub trait StateSource: Send + Sync {
    /// What stands under a key, and where its bucket stands.
    fn entry(&self, bucket: Bucket, key: Key) -> Reading<(Stand, Option<Entry>)>;

    /// Some entries, and where their bucket stands.
    fn entries(&self, query: EntryQuery) -> Reading<(Stand, Page)>;

    /// Why nothing of a task can be started, where that is so.
    fn refusal(&self, task: TaskName) -> Reading<Option<Refusal>>;
}

/// What the attempts of a run hand on to each other, as one of them sees it.
pub trait Checkpoints: Send + Sync {
    /// What was saved last, by whichever attempt.
    fn load(&self) -> Reading<Option<Vec<u8>>>;

    /// Saves this instead: durable once it is answered. Says whether the run is still the
    /// attempt's to write to; nothing is saved where it is not.
    fn save(&self, value: Vec<u8>) -> Reading<bool>;
}

/// What lives as long as the value: for guests that are only tried out.
#[derive(Debug, Default)]
pub struct Unkept(Mutex<Option<Vec<u8>>>);

impl Unkept {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Checkpoints for Unkept {
    fn load(&self) -> Reading<Option<Vec<u8>>> {
        Box::pin(std::future::ready(Ok(self.lock().clone())))
    }

    fn save(&self, value: Vec<u8>) -> Reading<bool> {
        *self.lock() = Some(value);
        Box::pin(std::future::ready(Ok(true)))
    }
}

/// Something that is asked of a store.
pub type Reading<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Where nothing was ever committed: for guests that are only tried out.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoState;

impl StateSource for NoState {
    fn entry(&self, _bucket: Bucket, _key: Key) -> Reading<(Stand, Option<Entry>)> {
        Box::pin(std::future::ready(Ok(Default::default())))
    }

    fn entries(&self, _query: EntryQuery) -> Reading<(Stand, Page)> {
        Box::pin(std::future::ready(Ok(Default::default())))
    }

    fn refusal(&self, _task: TaskName) -> Reading<Option<Refusal>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// What a store keeps.
impl<B: History + Buckets + Clone> StateSource for B {
    fn entry(&self, bucket: Bucket, key: Key) -> Reading<(Stand, Option<Entry>)> {
        let store = self.clone();
        Box::pin(async move { store.entry(bucket, key).await })
    }

    fn entries(&self, query: EntryQuery) -> Reading<(Stand, Page)> {
        let store = self.clone();
        Box::pin(async move { store.entries(query).await })
    }

    fn refusal(&self, task: TaskName) -> Reading<Option<Refusal>> {
        let store = self.clone();
        Box::pin(async move {
            Ok(match store.task(task).await? {
                Some(task) if task.active => task.pause.map(Refusal::Paused),
                _ => Some(Refusal::Unknown),
            })
        })
    }
}

/// A future that completes when an attempt is to be stopped.
pub type StopSignal = Pin<Box<dyn Future<Output = StopReason> + Send>>;

/// Why an attempt is stopped before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody asked for it: the attempt is `cancelled`.
    Cancel,
    /// The host ends: the attempt is `interrupted` and handed back.
    Shutdown,
}

impl StopReason {
    /// The verdict on an attempt that was stopped.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Cancel => Verdict::Cancelled,
            Self::Shutdown => Verdict::Interrupted,
        }
    }
}

/// Runs attempts.
pub trait Executor: Send + Sync + 'static {
    /// Runs one attempt to its end. Total: whatever goes wrong is an outcome.
    /// Dropping the future stops the guest.
    fn execute(&self, invocation: Invocation) -> impl Future<Output = Outcome> + Send;
}
