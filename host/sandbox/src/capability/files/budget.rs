//! How much an attempt may write.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use horarium_core::grants::WriteLimit;
use tokio::sync::Semaphore;

use crate::state::SharedCapture;

/// What a file system takes for the smallest thing: what is created, and each
/// place at which writing begins.
pub(super) const BLOCK: usize = 4 << 10;

/// Writes of one attempt that go on at one time. Each holds a thread for as long as
/// its disk likes, and the host has some hundred of them for all.
const JOBS: usize = 4;

/// Raised where an attempt has written all that it may.
#[derive(Debug, thiserror::Error)]
#[error("the attempt has written all that it may")]
pub(super) struct OverBudget;

/// What is left to be written, shared by all that writes.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Inner>);

struct Inner {
    limit: WriteLimit,
    left: AtomicU64,
    told: AtomicBool,
    jobs: Arc<Semaphore>,
    capture: SharedCapture,
}

impl Budget {
    pub(crate) fn new(limit: WriteLimit, capture: SharedCapture) -> Self {
        let (left, told) = (AtomicU64::new(limit.0), AtomicBool::new(false));
        let jobs = Arc::new(Semaphore::new(JOBS));
        Self(Arc::new(Inner { limit, left, told, jobs, capture }))
    }

    /// Fills it again.
    pub(crate) fn renew(&self) {
        self.0.left.store(self.0.limit.0, Ordering::Relaxed);
        self.0.told.store(false, Ordering::Relaxed);
    }

    /// The right to write in the background, which is given back with the thread.
    pub(super) fn jobs(&self) -> &Arc<Semaphore> {
        &self.0.jobs
    }

    /// Takes from it, or takes nothing where there is not enough.
    pub(super) fn spend(&self, bytes: u64) -> Result<(), OverBudget> {
        let spent = |left: u64| left.checked_sub(bytes);
        if self.0.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_ok() {
            return Ok(());
        }
        if !self.0.told.swap(true, Ordering::Relaxed) {
            let limit = self.0.limit.0;
            let message = format!("it may write no more than {limit} bytes (`grants.write_limit`)");
            self.0.capture.note(&message);
        }
        Err(OverBudget)
    }
}
