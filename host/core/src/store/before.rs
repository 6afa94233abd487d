//! Stores that stand before another store.

use jiff::Timestamp;

use super::{
    AttemptView, BucketQuery, BucketView, Buckets, EntryQuery, FailingTask, History, LineView,
    LogQuery, MarkQuery, Recent, RecordQuery, Records, RunMark, RunQuery, RunView, Scope,
    Statistics, Store, StoreError, TaskQuery, TaskView, Waiting, WholeRun,
};
use crate::{
    checkpoint::Checkpoint,
    effects::{Bucket, Entry, Key, Page, Stand},
    name::TaskName,
    run::RunId,
};

/// A store that stands before another one: it changes how something is written, and reads
/// what the other reads.
pub trait Before: Send + Sync + 'static {
    /// The kind of the other.
    type Behind: Store;

    /// The other.
    fn behind(&self) -> &Self::Behind;
}

impl<B: Before> History for B {
    async fn runs(&self, query: RunQuery) -> Result<Vec<RunView>, StoreError> {
        self.behind().runs(query).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunView>, StoreError> {
        self.behind().run(run).await
    }

    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptView>, StoreError> {
        self.behind().attempts(run).await
    }

    async fn whole_run(&self, run: RunId) -> Result<Option<WholeRun>, StoreError> {
        self.behind().whole_run(run).await
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LineView>, StoreError> {
        self.behind().log(query).await
    }

    async fn checkpoint(&self, run: RunId) -> Result<Option<Checkpoint>, StoreError> {
        self.behind().checkpoint(run).await
    }

    async fn tasks(&self, query: TaskQuery) -> Result<Vec<TaskView>, StoreError> {
        self.behind().tasks(query).await
    }

    async fn task(&self, task: TaskName) -> Result<Option<TaskView>, StoreError> {
        self.behind().task(task).await
    }

    async fn failing(&self, limit: u32) -> Result<Vec<FailingTask>, StoreError> {
        self.behind().failing(limit).await
    }

    async fn marks(&self, query: MarkQuery) -> Result<Vec<Vec<RunMark>>, StoreError> {
        self.behind().marks(query).await
    }

    async fn statistics(&self, task: Option<TaskName>) -> Result<Statistics, StoreError> {
        self.behind().statistics(task).await
    }

    async fn waiting(&self) -> Result<Waiting, StoreError> {
        self.behind().waiting().await
    }

    async fn recent(&self, task: TaskName, limit: u32) -> Result<Vec<Recent>, StoreError> {
        self.behind().recent(task, limit).await
    }

    async fn paused(&self) -> Result<Option<Timestamp>, StoreError> {
        self.behind().paused().await
    }

    async fn is_paused(&self, scope: Scope) -> Result<bool, StoreError> {
        self.behind().is_paused(scope).await
    }
}

impl<B: Before> Buckets for B {
    async fn entry(&self, bucket: Bucket, key: Key) -> Result<(Stand, Option<Entry>), StoreError> {
        self.behind().entry(bucket, key).await
    }

    async fn entries(&self, query: EntryQuery) -> Result<(Stand, Page), StoreError> {
        self.behind().entries(query).await
    }

    async fn buckets(&self, query: BucketQuery) -> Result<Vec<BucketView>, StoreError> {
        self.behind().buckets(query).await
    }

    async fn records(&self, query: RecordQuery) -> Result<(Stand, Records), StoreError> {
        self.behind().records(query).await
    }
}
