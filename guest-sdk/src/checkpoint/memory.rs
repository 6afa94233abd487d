//! What is saved outside of a plugin: a test's own, which lives as long as its context.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::CheckpointError;

/// What a test has saved.
#[derive(Debug, Clone, Default)]
pub(crate) struct Saved(Arc<Mutex<Option<Vec<u8>>>>);

impl Saved {
    #[expect(clippy::unnecessary_wraps, reason = "in a plugin, the host may refuse")]
    pub(crate) fn load(&self) -> Result<Option<Vec<u8>>, CheckpointError> {
        Ok(self.value().clone())
    }

    #[expect(clippy::unnecessary_wraps, reason = "in a plugin, the host may refuse")]
    pub(crate) fn save(&self, value: &[u8]) -> Result<(), CheckpointError> {
        *self.value() = Some(value.to_vec());
        Ok(())
    }

    fn value(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
