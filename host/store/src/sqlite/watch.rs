//! Who watches a store write.

use std::time::Duration;

/// Hears of each write, on the thread that writes: returns at once.
pub trait StoreWatch: Send + Sync + 'static {
    /// So many verbs were committed together, and that took so long.
    fn committed(&self, verbs: usize, took: Duration);

    /// What was committed was made durable, and that took so long.
    fn synced(&self, took: Duration);
}

/// Nobody.
impl StoreWatch for () {
    fn committed(&self, _: usize, _: Duration) {}

    fn synced(&self, _: Duration) {}
}
