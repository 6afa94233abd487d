//! How much an attempt may write.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use bytes::Bytes;
use horarium_core::grants::WriteLimit;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};

use crate::state::SharedCapture;

/// What a file system takes for the smallest thing: what is created, and each
/// place at which writing begins.
pub(super) const BLOCK: usize = 4 << 10;

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
    capture: SharedCapture,
}

impl Budget {
    pub(crate) fn new(limit: WriteLimit, capture: SharedCapture) -> Self {
        let left = AtomicU64::new(limit.0);
        Self(Arc::new(Inner { limit, left, told: AtomicBool::new(false), capture }))
    }

    /// Fills it again.
    pub(crate) fn renew(&self) {
        self.0.left.store(self.0.limit.0, Ordering::Relaxed);
        self.0.told.store(false, Ordering::Relaxed);
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

/// A stream to a file, with what goes through it counted.
pub(super) struct Metered {
    stream: DynOutputStream,
    budget: Budget,
    /// What the next write costs beyond its bytes.
    start: usize,
}

impl Metered {
    pub(super) fn new(stream: DynOutputStream, budget: Budget) -> Self {
        Self { stream, budget, start: BLOCK }
    }

    fn spend(&mut self, bytes: &Bytes) -> StreamResult<()> {
        let cost = bytes.len().saturating_add(self.start);
        self.budget
            .spend(u64::try_from(cost).unwrap_or(u64::MAX))
            .map_err(|over| StreamError::LastOperationFailed(over.into()))?;
        self.start = 0;
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Metered {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.spend(&bytes)?;
        self.stream.write(bytes)
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.spend(&bytes)?;
        self.stream.blocking_write_and_flush(bytes).await
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write()
    }

    async fn write_ready(&mut self) -> StreamResult<usize> {
        self.stream.write_ready().await
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Metered {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}
