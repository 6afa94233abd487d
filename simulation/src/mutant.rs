//! Faults that somebody could make: the simulation has to find them.

use std::time::Duration;

use horarium_core::{
    Store,
    attempt::Lease,
    checkpoint::CheckpointView,
    log::LogLine,
    name::TaskName,
    retention::Retention,
    run::{RunId, Trigger},
    store::{
        Backfill, Backfilled, Before, Cancelled, Child, Claim, Claims, ExpiredLease, Finish,
        Finished, Pruned, RecordedFire, Registration, Scope, Start, Started, StoreError, TaskFires,
        TaskState,
    },
    transition::Transition,
};
use jiff::Timestamp;

/// A fault that is put back into a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mutant {
    /// None: the store as it is.
    #[default]
    Sound,
    /// A task's cursor is written in one transaction, its runs in the next.
    CursorApart,
    /// An attempt's end is recorded whoever holds the lease.
    AnyLease,
    /// A retry does not count the attempt before it.
    Forgetful,
    /// A claim is called durable when it is not.
    Unsettled,
    /// What is started by an attempt whose lease is gone is started all the same.
    Late,
    /// A checkpoint is kept whoever holds the lease.
    AnySaver,
}

/// A store with a fault.
#[derive(Clone)]
pub(crate) struct Mutated<S> {
    pub(crate) inner: S,
    pub(crate) mutant: Mutant,
}

impl<S: Store> Mutated<S> {
    /// The lease of this one's run that was given last.
    async fn last_lease(&self, lease: Lease) -> Result<Lease, StoreError> {
        let attempts = self.inner.attempts(lease.run).await?;
        let number = attempts.last().map_or(lease.number, |attempt| attempt.lease);
        Ok(Lease { number, ..lease })
    }
}

impl<S: Store> Before for Mutated<S> {
    type Behind = S;

    fn behind(&self) -> &S {
        &self.inner
    }
}

impl<S: Store> Store for Mutated<S> {
    async fn register(
        &self,
        tasks: Vec<Registration>,
        now: Timestamp,
    ) -> Result<Vec<TaskState>, StoreError> {
        self.inner.register(tasks, now).await
    }

    async fn amend(
        &self,
        tasks: Vec<Registration>,
        removed: Vec<TaskName>,
        now: Timestamp,
    ) -> Result<Vec<TaskState>, StoreError> {
        self.inner.amend(tasks, removed, now).await
    }

    async fn record_fires(
        &self,
        fires: Vec<TaskFires>,
        now: Timestamp,
    ) -> Result<Vec<RecordedFire>, StoreError> {
        if self.mutant == Mutant::CursorApart {
            let cursors = fires.iter().cloned();
            let cursors = cursors.map(|fires| TaskFires { fires: Vec::new(), ..fires }).collect();
            self.inner.record_fires(cursors, now).await?;
        }
        self.inner.record_fires(fires, now).await
    }

    async fn start(&self, start: Start, now: Timestamp) -> Result<Started, StoreError> {
        self.inner.start(start, now).await
    }

    async fn backfill(&self, wanted: Backfill, now: Timestamp) -> Result<Backfilled, StoreError> {
        self.inner.backfill(wanted, now).await
    }

    async fn cancel(&self, run: RunId, now: Timestamp) -> Result<Cancelled, StoreError> {
        self.inner.cancel(run, now).await
    }

    async fn pause(&self, scope: Scope, now: Timestamp) -> Result<bool, StoreError> {
        self.inner.pause(scope, now).await
    }

    async fn resume(&self, scope: Scope, now: Timestamp) -> Result<bool, StoreError> {
        self.inner.resume(scope, now).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claims, StoreError> {
        self.inner.claim(claim).await
    }

    async fn set_back(&self, by: Duration, now: Timestamp) -> Result<(), StoreError> {
        self.inner.set_back(by, now).await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        if self.mutant == Mutant::Unsettled {
            return Ok(());
        }
        self.inner.settle().await
    }

    async fn renew(&self, leases: Vec<Lease>, until: Timestamp) -> Result<Vec<Lease>, StoreError> {
        self.inner.renew(leases, until).await
    }

    async fn append_log(&self, lease: Lease, lines: Vec<LogLine>) -> Result<(), StoreError> {
        self.inner.append_log(lease, lines).await
    }

    async fn save_checkpoint(
        &self,
        lease: Lease,
        value: Vec<u8>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let lease = match self.mutant {
            Mutant::AnySaver => self.last_lease(lease).await?,
            _ => lease,
        };
        self.inner.save_checkpoint(lease, value, now).await
    }

    async fn forget_checkpoint(&self, run: RunId) -> Result<Option<CheckpointView>, StoreError> {
        self.inner.forget_checkpoint(run).await
    }

    async fn finish(&self, mut finish: Finish) -> Result<Finished, StoreError> {
        match (self.mutant, finish.transition) {
            (Mutant::AnyLease, _) => finish.lease = self.last_lease(finish.lease).await?,
            (Mutant::Forgetful, Transition::Retry(at)) => {
                finish.transition = Transition::Refund(at);
            }
            _ => {}
        }
        let (children, at) = (finish.children.clone(), finish.end.at);
        let finished = self.inner.finish(finish).await?;
        if self.mutant == Mutant::Late && finished == Finished::Superseded {
            for Child { task, fire, overlap, args, key, .. } in children {
                let (trigger, repeats) = (Trigger::Start, None);
                let late = Start { task, trigger, fire, overlap, args, key, repeats };
                self.inner.start(late, at).await?;
            }
        }
        Ok(finished)
    }

    async fn prune(&self, retention: Retention, now: Timestamp) -> Result<Pruned, StoreError> {
        self.inner.prune(retention, now).await
    }

    async fn expired(&self, now: Timestamp) -> Result<Vec<ExpiredLease>, StoreError> {
        self.inner.expired(now).await
    }
}
