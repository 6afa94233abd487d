//! The attempts under way.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use horarium_core::{attempt::Lease, executor::StopReason, log::LogLine};
use tokio::sync::oneshot;

use crate::attempt::AttemptLog;

/// What the keeper and a shutdown need to know of each attempt.
#[derive(Default)]
pub(crate) struct Running(Mutex<HashMap<Lease, Entry>>);

struct Entry {
    stop: Option<oneshot::Sender<StopReason>>,
    log: Arc<AttemptLog>,
}

impl Running {
    /// Enters an attempt; it is there until the guard is dropped.
    pub(crate) fn enter(
        &self,
        lease: Lease,
        log: Arc<AttemptLog>,
    ) -> (Guard<'_>, oneshot::Receiver<StopReason>) {
        let (stop, stopped) = oneshot::channel();
        self.lock().insert(lease, Entry { stop: Some(stop), log });
        (Guard { running: self, lease }, stopped)
    }

    /// Whether an attempt of this process holds the lease.
    pub(crate) fn holds(&self, lease: Lease) -> bool {
        self.lock().contains_key(&lease)
    }

    /// Every lease that is held.
    pub(crate) fn leases(&self) -> Vec<Lease> {
        self.lock().keys().copied().collect()
    }

    /// Asks one attempt to stop.
    pub(crate) fn stop(&self, lease: Lease, reason: StopReason) {
        if let Some(entry) = self.lock().get_mut(&lease) {
            entry.stop(reason);
        }
    }

    /// Asks all attempts to stop.
    pub(crate) fn stop_all(&self, reason: StopReason) {
        self.lock().values_mut().for_each(|entry| entry.stop(reason));
    }

    /// What was logged and not written down yet.
    pub(crate) fn unwritten(&self) -> Vec<(Lease, Vec<LogLine>)> {
        let entries = self.lock();
        let logs = entries.iter().map(|(lease, entry)| (*lease, entry.log.take()));
        logs.filter(|(_, lines)| !lines.is_empty()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lease, Entry>> {
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

/// An attempt's entry, for as long as this lives.
pub(crate) struct Guard<'a> {
    running: &'a Running,
    lease: Lease,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.running.lock().remove(&self.lease);
    }
}
