//! What a run's attempts hand on to each other, as one of them sees it.

use std::sync::Arc;

use horarium_core::{
    Clock, Store,
    attempt::Lease,
    executor::{Checkpoints, Reading},
};

/// The checkpoints of the run that this attempt has leased.
///
/// It outlives the attempt where its instance is kept, so it knows nothing of the engine,
/// which would outlive itself by that.
pub(crate) struct Leased<S> {
    pub(crate) store: S,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lease: Lease,
}

impl<S: Store + Clone> Checkpoints for Leased<S> {
    fn load(&self) -> Reading<Option<Vec<u8>>> {
        let (store, run) = (self.store.clone(), self.lease.run);
        Box::pin(async move {
            let found = store.checkpoint(run).await?;
            Ok(found.map(|checkpoint| checkpoint.value))
        })
    }

    fn save(&self, value: Vec<u8>) -> Reading<bool> {
        let (store, now, lease) = (self.store.clone(), self.clock.now(), self.lease);
        Box::pin(async move { store.save_checkpoint(lease, value, now).await })
    }
}
