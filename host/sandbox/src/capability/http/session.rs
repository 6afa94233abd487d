//! What the requests of one attempt share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use horarium_core::net::http::HttpLimits;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi_http::Error;

use super::{notes::Notes, web::Web};
use crate::capability::lookups::Lookups;

pub(super) struct Session {
    pub(super) web: Arc<Web>,
    pub(super) lookups: Lookups,
    pub(super) limits: HttpLimits,
    pub(super) notes: Notes,
    /// What bodies of requests may still hold.
    pub(super) sent: Allowance,
    /// What bodies of responses may still hold.
    pub(super) received: Allowance,
    connections: Arc<Semaphore>,
}

impl Session {
    pub(super) fn new(web: Arc<Web>, lookups: Lookups, limits: HttpLimits, notes: Notes) -> Self {
        let most = usize::try_from(limits.connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            web,
            lookups,
            limits,
            notes,
            sent: Allowance::new(limits.sent),
            received: Allowance::new(limits.received),
            connections: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// One for another attempt in the same instance: what goes on from the one before
    /// holds its connections still.
    pub(super) fn renewed(&self, notes: Notes) -> Self {
        let connections = self.connections.clone();
        Self {
            connections,
            ..Self::new(self.web.clone(), self.lookups.clone(), self.limits, notes)
        }
    }

    /// Waits for the right to hold a connection.
    pub(super) async fn slot(&self) -> Result<OwnedSemaphorePermit, Error> {
        let slot = self.connections.clone().acquire_owned().await;
        // The semaphore is never closed.
        slot.map_err(|_| Error::ConnectionLimitReached)
    }
}

/// Bytes that may still be used.
pub(super) struct Allowance {
    whole: u64,
    left: AtomicU64,
    exceeded: AtomicBool,
}

impl Allowance {
    fn new(whole: u64) -> Self {
        Self { whole, left: AtomicU64::new(whole), exceeded: AtomicBool::new(false) }
    }

    /// All that there was at the beginning.
    pub(super) fn whole(&self) -> u64 {
        self.whole
    }

    /// Whether so much could be taken.
    pub(super) fn has(&self, bytes: u64) -> bool {
        bytes <= self.left.load(Ordering::Relaxed)
    }

    /// Takes some; where there is too little left, takes that and says no.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let rest = |left: u64| Some(left.saturating_sub(bytes));
        // Never fails, since `rest` never declines.
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
        let enough = before.is_ok_and(|left| bytes <= left);
        if !enough {
            self.exceeded.store(true, Ordering::Relaxed);
        }
        enough
    }

    /// Whether somebody wanted more than there was.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod allowance {
    use super::*;

    #[test]
    fn an_allowance_ends_at_its_end() {
        let allowance = Allowance::new(10);
        assert!(allowance.has(10) && !allowance.has(11));
        assert!(allowance.take(4) && allowance.take(6) && allowance.take(0));
        assert!(!allowance.is_exceeded());
        assert!(!allowance.take(1));
        assert!(allowance.is_exceeded());
        let one = Allowance::new(10);
        assert!(!one.take(11) && !one.take(1), "who asks for too much has had it");
    }
}
