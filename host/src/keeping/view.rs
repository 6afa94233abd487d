//! What is told of buckets and entries, to programs.

use horarium_core::{
    checkpoint::{Checkpoint, CheckpointView},
    effects::{Bucket, Quota, Stand},
    redact::Redactor,
    run::RunId,
    store::Record,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Encoding, Holders, Shown};

/// How much a bucket may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct QuotaInfo {
    /// Bytes in all keys and values together.
    pub(crate) bytes: u64,
    pub(crate) keys: u64,
}

impl From<Quota> for QuotaInfo {
    fn from(Quota { bytes, keys }: Quota) -> Self {
        Self { bytes, keys }
    }
}

/// A bucket: what a task keeps, or several that share it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct BucketInfo {
    /// `task/NAME` where it is a task's own, `shared/NAME` where tasks share it.
    pub(crate) bucket: String,
    /// Bytes in all keys and values together.
    pub(crate) bytes: u64,
    pub(crate) keys: u64,
    /// How many times it was changed.
    pub(crate) version: u64,
    /// How full the most generous of the tasks that have it may make it; none where no task of
    /// the configuration has it.
    pub(crate) quota: Option<QuotaInfo>,
    /// How many tasks of the configuration have it: 0 where none has it any more. None where
    /// the configuration can't be read, which is so only without a host.
    pub(crate) tasks: Option<u64>,
}

impl BucketInfo {
    /// Of a bucket and those who have it, where that is known.
    pub(crate) fn of(bucket: &Bucket, stand: Stand, holders: Option<&Holders>) -> Self {
        let count = |holders: &Holders| u64::try_from(holders.tasks.len()).unwrap_or(u64::MAX);
        Self {
            bucket: bucket.address(),
            bytes: stand.holds.bytes,
            keys: stand.holds.keys,
            version: stand.version.0,
            quota: holders.and_then(|holders| holders.quota).map(QuotaInfo::from),
            tasks: holders.map(count),
        }
    }

    /// Whether no task has it any more.
    pub(crate) fn is_orphaned(&self) -> bool {
        self.tasks == Some(0)
    }
}

/// An entry of a bucket, but for its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct KeyInfo {
    pub(crate) key: String,
    /// How many bytes its value has.
    pub(crate) bytes: u64,
    /// Another one after each change; its ETag.
    pub(crate) version: u64,
    /// When it was written last.
    pub(crate) at: Timestamp,
    /// By which run; none where somebody wrote it by hand.
    pub(crate) run: Option<RunId>,
}

impl From<&Record> for KeyInfo {
    fn from(record: &Record) -> Self {
        Self {
            key: record.key.to_string(),
            bytes: record.bytes,
            version: record.version.0,
            at: record.at,
            run: record.run,
        }
    }
}

/// An entry of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct EntryInfo {
    /// Its bucket: `task/NAME` or `shared/NAME`.
    pub(crate) bucket: String,
    #[serde(flatten)]
    pub(crate) entry: KeyInfo,
    pub(crate) value: String,
    /// How the value is written.
    pub(crate) encoding: Encoding,
    /// Whether secrets of a task stood in it, and their names stand there instead: then it is
    /// not what is kept.
    pub(crate) redacted: bool,
}

impl EntryInfo {
    /// Of an entry that was read with its value.
    pub(crate) fn of(bucket: &Bucket, record: &Record, redactors: &[Redactor]) -> Self {
        let kept = record.value.as_deref().unwrap_or_default();
        let Shown { value, encoding, redacted } = Shown::of(kept, redactors);
        Self { bucket: bucket.address(), entry: record.into(), value, encoding, redacted }
    }
}

/// What was saved for a run's next attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CheckpointInfo {
    /// The run.
    pub(crate) run: RunId,
    #[serde(flatten)]
    pub(crate) checkpoint: CheckpointView,
    pub(crate) value: String,
    /// How the value is written.
    pub(crate) encoding: Encoding,
    /// Whether secrets of the task stood in it, and their names stand there instead: then it
    /// is not what was saved.
    pub(crate) redacted: bool,
}

impl CheckpointInfo {
    pub(crate) fn of(run: RunId, checkpoint: &Checkpoint, redactors: &[Redactor]) -> Self {
        let Shown { value, encoding, redacted } = Shown::of(&checkpoint.value, redactors);
        Self { run, checkpoint: checkpoint.into(), value, encoding, redacted }
    }
}

/// A bucket that is empty now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Cleared {
    /// `task/NAME` or `shared/NAME`.
    pub(crate) bucket: String,
    /// What it held: bytes in all keys and values,
    pub(crate) bytes: u64,
    /// and keys.
    pub(crate) keys: u64,
}
