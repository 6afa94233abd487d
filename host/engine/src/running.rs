//! The attempts under way.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use horarium_core::{
    attempt::Lease,
    executor::StopReason,
    run::RunId,
    store::{ClaimedRun, LinePlace},
};
use tokio::sync::oneshot;

use crate::{
    journal::{Journal, Tail, UnderWay},
    shared::Shared,
};

/// What the keeper and a shutdown need to know of each attempt.
#[derive(Default)]
pub(crate) struct Running(Mutex<Attempts>);

#[derive(Default)]
struct Attempts {
    entries: BTreeMap<Lease, Entry>,
    /// How many of them are over and only to be recorded.
    over: usize,
    /// Asked to stop after they were handed out and before they were entered.
    doomed: BTreeMap<Lease, StopReason>,
}

struct Entry {
    over: bool,
    stop: Option<oneshot::Sender<StopReason>>,
    journal: Arc<Journal>,
}

impl Running {
    /// Enters an attempt; it is there until the entry is dropped.
    pub(crate) fn enter<S, X>(shared: &Arc<Shared<S, X>>, run: &ClaimedRun) -> Entered<S, X> {
        let (stop, stopped) = oneshot::channel();
        let now = shared.clock.now();
        let journal = Arc::new(Journal::new(shared.events.clone(), run, now));
        let mut attempts = shared.running.lock();
        let mut entry = Entry { over: false, stop: Some(stop), journal: journal.clone() };
        if let Some(reason) = attempts.doomed.remove(&run.lease) {
            entry.stop(reason);
        }
        attempts.entries.insert(run.lease, entry);
        drop(attempts);
        Entered {
            journal,
            stopped: Some(stopped),
            guard: Guard { shared: shared.clone(), lease: run.lease },
        }
    }

    /// How many attempts could begin where so many may run at once. As many again may
    /// wait for their record; beyond that the store had better catch up first.
    pub(crate) fn room(&self, capacity: u32) -> u32 {
        let attempts = self.lock();
        let entered = u32::try_from(attempts.entries.len()).unwrap_or(u32::MAX);
        let over = u32::try_from(attempts.over).unwrap_or(u32::MAX);
        capacity.saturating_sub(entered.saturating_sub(over.min(capacity)))
    }

    /// All that was handed out is entered: who is not there has ended.
    pub(crate) fn all_entered(&self) {
        self.lock().doomed.clear();
    }

    /// Whether an attempt of this process holds the lease.
    pub(crate) fn holds(&self, lease: Lease) -> bool {
        self.lock().entries.contains_key(&lease)
    }

    /// Every lease that is held.
    pub(crate) fn leases(&self) -> Vec<Lease> {
        self.lock().entries.keys().copied().collect()
    }

    /// Asks one attempt to stop, or not to begin.
    pub(crate) fn stop(&self, lease: Lease, reason: StopReason) {
        let mut attempts = self.lock();
        match attempts.entries.get_mut(&lease) {
            Some(entry) => entry.stop(reason),
            None => {
                attempts.doomed.insert(lease, reason);
            }
        }
    }

    /// Asks all attempts to stop.
    pub(crate) fn stop_all(&self, reason: StopReason) {
        self.lock().entries.values_mut().for_each(|entry| entry.stop(reason));
    }

    /// What all attempts have said.
    pub(crate) fn journals(&self) -> Vec<(Lease, Arc<Journal>)> {
        let attempts = self.lock();
        attempts.entries.iter().map(|(lease, entry)| (*lease, entry.journal.clone())).collect()
    }

    /// The attempts that run right now, in the order of their runs.
    pub(crate) fn under_way(&self) -> Vec<UnderWay> {
        let attempts = self.lock();
        let running = attempts.entries.values().filter(|entry| !entry.over);
        let journals: Vec<_> = running.map(|entry| entry.journal.clone()).collect();
        drop(attempts);
        journals.iter().map(|journal| journal.under_way()).collect()
    }

    /// How many attempts run right now.
    pub(crate) fn count(&self) -> usize {
        let attempts = self.lock();
        attempts.entries.len() - attempts.over
    }

    /// What a run's attempt has said after this line; none where none is under way.
    pub(crate) fn tail(&self, run: RunId, after: LinePlace, limit: usize) -> Option<Tail> {
        let attempts = self.lock();
        let of_run = Lease { run, number: i64::MIN }..=Lease { run, number: i64::MAX };
        let journal = attempts.entries.range(of_run).next_back()?.1.journal.clone();
        drop(attempts);
        Some(journal.tail(after, limit))
    }

    fn lock(&self) -> MutexGuard<'_, Attempts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn stop(&mut self, reason: StopReason) {
        if let Some(stop) = self.stop.take() {
            // An attempt that does not listen any more has ended.
            let _ = stop.send(reason);
        }
    }
}

/// An attempt that was entered.
pub(crate) struct Entered<S, X> {
    pub(crate) journal: Arc<Journal>,
    /// Tells when the attempt is to be stopped; taken by whoever executes it.
    pub(crate) stopped: Option<oneshot::Receiver<StopReason>>,
    guard: Guard<S, X>,
}

impl<S, X> Entered<S, X> {
    /// The attempt does not run any more; another one may begin while it is recorded.
    pub(crate) fn over(&self) {
        let Guard { shared, lease } = &self.guard;
        let mut attempts = shared.running.lock();
        if let Some(entry) = attempts.entries.get_mut(lease)
            && !std::mem::replace(&mut entry.over, true)
        {
            attempts.over += 1;
        }
        drop(attempts);
        shared.room.notify_one();
    }
}

/// Takes an attempt out again.
struct Guard<S, X> {
    shared: Arc<Shared<S, X>>,
    lease: Lease,
}

impl<S, X> Drop for Guard<S, X> {
    fn drop(&mut self) {
        let mut attempts = self.shared.running.lock();
        let entry = attempts.entries.remove(&self.lease);
        attempts.over -= usize::from(entry.is_some_and(|entry| entry.over));
    }
}
