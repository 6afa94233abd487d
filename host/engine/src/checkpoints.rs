//! What a run's attempts hand on to each other, as one of them sees it.

use std::sync::Arc;

use horarium_core::{
    Executor, Store,
    attempt::Lease,
    executor::{Checkpoints, Reading},
};

use crate::shared::Shared;

/// The checkpoints of the run that this attempt has leased.
pub(crate) struct Leased<S, X> {
    pub(crate) shared: Arc<Shared<S, X>>,
    pub(crate) lease: Lease,
}

impl<S: Store, X: Executor> Checkpoints for Leased<S, X> {
    fn load(&self) -> Reading<Option<Vec<u8>>> {
        let (shared, run) = (self.shared.clone(), self.lease.run);
        Box::pin(async move {
            let found = shared.store.checkpoint(run).await?;
            Ok(found.map(|checkpoint| checkpoint.value))
        })
    }

    fn save(&self, value: Vec<u8>) -> Reading<bool> {
        let (shared, lease) = (self.shared.clone(), self.lease);
        Box::pin(async move {
            let now = shared.clock.now();
            shared.store.save_checkpoint(lease, value, now).await
        })
    }
}
