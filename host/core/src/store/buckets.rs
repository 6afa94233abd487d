//! What buckets hold.

use super::StoreError;
use crate::effects::{Bucket, Entry, Key, Page, Stand};

/// Buckets. What they hold changes by what attempts bring with their success, in the
/// transaction that records it ([`Store::finish`](super::Store::finish)).
pub trait Buckets: Send + Sync + 'static {
    /// What is committed under a key, and where its bucket stands. A bucket that nobody has
    /// written to is empty.
    fn entry(
        &self,
        bucket: Bucket,
        key: Key,
    ) -> impl Future<Output = Result<(Stand, Option<Entry>), StoreError>> + Send;

    /// Some of what is committed, and where its bucket stands.
    fn entries(
        &self,
        query: EntryQuery,
    ) -> impl Future<Output = Result<(Stand, Page), StoreError>> + Send;
}

/// Which entries are wanted, in the order of their keys.
#[derive(Debug, Clone)]
pub struct EntryQuery {
    /// Of this bucket.
    pub bucket: Bucket,
    /// Those whose keys begin so.
    pub prefix: String,
    /// Those after this key.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
    /// And no further ones once keys and values come to so many bytes.
    pub bytes: u64,
}
