//! A store that is slow, fails, answers too late, and dies with its host.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    Store,
    attempt::Lease,
    checkpoint::CheckpointView,
    log::LogLine,
    name::TaskName,
    retention::Retention,
    run::RunId,
    store::{
        Backfill, Backfilled, Before, Cancelled, Claim, Claims, ExpiredLease, Finish, Finished,
        Pruned, RecordedFire, Registration, Scope, Start, Started, StoreError, TaskFires,
        TaskState,
    },
};
use horarium_store::SqliteStore;
use jiff::Timestamp;

use crate::{
    mutant::Mutated,
    world::{Life, World},
};

/// What becomes of one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done.
    Done,
    /// It is not done, and that is said.
    Refused,
    /// It is done, and nobody hears of it.
    Unheard,
    /// The host dies before it is done.
    DiesBefore,
    /// The host dies when it is done.
    DiesAfter,
}

/// One host's way to the store.
#[derive(Clone)]
pub(crate) struct Faulty {
    pub(crate) inner: Mutated<SqliteStore>,
    pub(crate) world: Arc<World>,
    pub(crate) life: Arc<Life>,
}

impl Faulty {
    async fn step<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
        seen: impl FnOnce(&T),
    ) -> Result<T, StoreError> {
        self.step_unsettled(work, seen).await.inspect(|_| self.world.settled())
    }

    /// The same for what is answered before a power cut can't take it back.
    async fn step_unsettled<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
        seen: impl FnOnce(&T),
    ) -> Result<T, StoreError> {
        let (fate, wait) = self.world.fate();
        self.pass(wait).await;
        match fate {
            Fate::Refused => return Err(trouble()),
            Fate::DiesBefore => return self.life.die().await,
            Fate::Done | Fate::Unheard | Fate::DiesAfter => {}
        }
        self.world.will_commit(&self.inner.inner);
        let answer = work.await?;
        seen(&answer);
        self.world.look(&self.inner.inner).await;
        let (_, wait) = self.world.fate();
        match fate {
            Fate::Unheard => return Err(trouble()),
            Fate::DiesAfter => return self.life.die().await,
            Fate::Done | Fate::Refused | Fate::DiesBefore => {}
        }
        self.pass(wait).await;
        Ok(answer)
    }

    async fn pass(&self, length: Duration) {
        if !length.is_zero() {
            tokio::time::sleep(length).await;
        }
        // One that hangs does so for all at once.
        self.life.hang().await;
    }
}

fn trouble() -> StoreError {
    StoreError::Locked { place: "the simulation".to_owned(), reason: "as it goes".to_owned() }
}

impl Before for Faulty {
    type Behind = Mutated<SqliteStore>;

    fn behind(&self) -> &Mutated<SqliteStore> {
        &self.inner
    }
}

impl Store for Faulty {
    async fn register(
        &self,
        tasks: Vec<Registration>,
        now: Timestamp,
    ) -> Result<Vec<TaskState>, StoreError> {
        self.step(self.inner.register(tasks, now), |_| {}).await
    }

    async fn amend(
        &self,
        tasks: Vec<Registration>,
        removed: Vec<TaskName>,
        now: Timestamp,
    ) -> Result<Vec<TaskState>, StoreError> {
        self.step(self.inner.amend(tasks, removed, now), |_| {}).await
    }

    async fn record_fires(
        &self,
        fires: Vec<TaskFires>,
        now: Timestamp,
    ) -> Result<Vec<RecordedFire>, StoreError> {
        let work = self.inner.record_fires(fires, now);
        self.step_unsettled(work, |fires| self.world.ledger().recorded(fires)).await
    }

    async fn start(&self, start: Start, now: Timestamp) -> Result<Started, StoreError> {
        let work = self.inner.start(start, now);
        self.step(work, |started| self.world.ledger().started(started)).await
    }

    async fn backfill(&self, wanted: Backfill, now: Timestamp) -> Result<Backfilled, StoreError> {
        let work = self.inner.backfill(wanted, now);
        self.step(work, |made| self.world.ledger().backfilled(made)).await
    }

    async fn cancel(&self, run: RunId, now: Timestamp) -> Result<Cancelled, StoreError> {
        let work = self.inner.cancel(run, now);
        self.step(work, |cancelled| self.world.ledger().cancelled(run, cancelled)).await
    }

    async fn pause(&self, scope: Scope, now: Timestamp) -> Result<bool, StoreError> {
        let work = self.inner.pause(scope.clone(), now);
        self.step(work, |known| self.world.ledger().paused(&scope, *known)).await
    }

    async fn resume(&self, scope: Scope, now: Timestamp) -> Result<bool, StoreError> {
        let work = self.inner.resume(scope.clone(), now);
        self.step(work, |_| self.world.ledger().paused(&scope, false)).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claims, StoreError> {
        let work = self.inner.claim(claim);
        self.step_unsettled(work, |claims| self.world.ledger().claimed(claims)).await
    }

    async fn set_back(&self, by: Duration, now: Timestamp) -> Result<(), StoreError> {
        self.step(self.inner.set_back(by, now), |()| {}).await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        self.step(self.inner.settle(), |()| {}).await
    }

    async fn renew(&self, leases: Vec<Lease>, until: Timestamp) -> Result<Vec<Lease>, StoreError> {
        self.step(self.inner.renew(leases, until), |_| {}).await
    }

    async fn append_log(&self, lease: Lease, lines: Vec<LogLine>) -> Result<(), StoreError> {
        self.step(self.inner.append_log(lease, lines), |()| {}).await
    }

    async fn save_checkpoint(
        &self,
        lease: Lease,
        value: Vec<u8>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let work = self.inner.save_checkpoint(lease, value.clone(), now);
        self.step(work, |saved| self.world.ledger().saved(lease, &value, *saved)).await
    }

    async fn forget_checkpoint(&self, run: RunId) -> Result<Option<CheckpointView>, StoreError> {
        self.step(self.inner.forget_checkpoint(run), |_| {}).await
    }

    async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        let work = self.inner.finish(finish.clone());
        self.step(work, |finished| self.world.ledger().finished(&finish, finished)).await
    }

    async fn prune(&self, retention: Retention, now: Timestamp) -> Result<Pruned, StoreError> {
        self.step(self.inner.prune(retention, now), |_| {}).await
    }

    async fn expired(&self, now: Timestamp) -> Result<Vec<ExpiredLease>, StoreError> {
        self.step(self.inner.expired(now), |_| {}).await
    }
}
