//! The seam between the engine and whatever runs a task function.

use std::{pin::Pin, sync::Arc, time::Duration};

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

/// Something that is being read.
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
