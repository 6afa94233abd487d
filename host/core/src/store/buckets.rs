//! What buckets hold.

use jiff::Timestamp;

use super::StoreError;
use crate::{
    effects::{Bucket, Changes, Entry, Key, Page, Stand, Unfit, Version},
    run::RunId,
};

/// Buckets. What they hold changes by what attempts bring with their success, in the
/// transaction that records it ([`Store::finish`](super::Store::finish)), and by what
/// operators do ([`Editing`]).
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

    /// Buckets that hold anything: first those of single tasks, then those that tasks share,
    /// each by name.
    fn buckets(
        &self,
        query: BucketQuery,
    ) -> impl Future<Output = Result<Vec<BucketView>, StoreError>> + Send;

    /// Some of what is committed, with all that is known of it, and where its bucket stands.
    fn records(
        &self,
        query: RecordQuery,
    ) -> impl Future<Output = Result<(Stand, Records), StoreError>> + Send;
}

/// What operators do with buckets. Attempts that have read what is changed by it are in
/// conflict, as they are with each other.
pub trait Editing: Buckets {
    /// Changes entries, if what has to be as it was seen is so, and if there is room.
    fn edit(
        &self,
        changes: Changes,
        now: Timestamp,
    ) -> impl Future<Output = Result<Edited, StoreError>> + Send;

    /// Takes everything out of a bucket, at once however much that is. What was there is
    /// seen by nobody any more; the room it takes comes back by [`sweep`](Self::sweep). Says
    /// where the bucket stood before.
    fn clear(&self, bucket: Bucket) -> impl Future<Output = Result<Stand, StoreError>> + Send;

    /// Gives back some of the room of what was cleared: little at a time, so that other
    /// writers get their turn. Says whether there is more. [`Store::prune`](super::Store::prune)
    /// does it as well.
    fn sweep(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// What became of an operator's changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// They are made, and the bucket stands here.
    Made(Stand),
    /// None of them is made, for this reason.
    Unfit(Unfit),
    /// The store has never known the task whose bucket it would be.
    Unknown,
}

/// Which buckets.
#[derive(Debug, Clone)]
pub struct BucketQuery {
    /// Those after this one.
    pub after: Option<Bucket>,
    /// At most so many.
    pub limit: u32,
}

/// A bucket, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketView {
    /// The bucket.
    pub bucket: Bucket,
    /// Where it stands.
    pub stand: Stand,
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

/// Which entries are wanted, and what of them.
#[derive(Debug, Clone)]
pub struct RecordQuery {
    /// Which. What is left out counts no bytes.
    pub entries: EntryQuery,
    /// Whether with their values.
    pub values: bool,
}

/// Some of the entries of a bucket, in the order of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// The entries.
    pub records: Vec<Record>,
    /// Whether more follow.
    pub more: bool,
}

/// An entry, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its key.
    pub key: Key,
    /// How many bytes its value has.
    pub bytes: u64,
    /// When it was written last, counted in changes of its bucket.
    pub version: Version,
    /// And by the clock.
    pub at: Timestamp,
    /// By which run; none where an operator wrote it.
    pub run: Option<RunId>,
    /// Its value, where it was asked for.
    pub value: Option<Vec<u8>>,
}
