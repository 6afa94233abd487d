//! What an attempt wants to become real together with its success, and not at all
//! otherwise.
//!
//! While it runs, an attempt reads what is committed and writes into a [`Draft`] of its
//! own. With its success the drafts go to the store as [`Effects`], which are recorded in
//! the transaction that records the success, unless somebody else has changed meanwhile
//! what the attempt had read ([`Unfit::Conflict`]): optimistic concurrency control, after
//! Kung and Robinson, "On Optimistic Methods for Concurrency Control" (1981).

mod address;
mod bucket;
mod draft;
mod overlay;
mod spawn;

pub use self::{
    address::InvalidBucket,
    bucket::{Bucket, Entry, InvalidKey, Key, Page, Quota, Stand, Version},
    draft::{Draft, Seen},
    overlay::overlay,
    spawn::{Spawn, Stillborn, When},
};

use std::fmt;

use crate::{name::TaskName, verdict::Verdict};

/// All that one success brings with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// The buckets that it changes, and those that it has read on the way.
    pub state: Vec<Changes>,
    /// The runs that it starts, in their order.
    pub spawns: Vec<Spawn>,
}

impl Effects {
    /// Whether nothing is to become real.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spawns.is_empty() && self.state.iter().all(|changes| changes.writes.is_empty())
    }
}

/// What an attempt has done with one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The bucket.
    pub bucket: Bucket,
    /// What the bucket may hold.
    pub quota: Quota,
    /// What has to be as it was read.
    pub seen: Seen,
    /// The new values, by their keys in order; none where a key goes.
    pub writes: Vec<(Key, Option<Vec<u8>>)>,
}

/// Why the effects of a success could not be recorded, and with them the success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Another run has changed since what this one had read.
    Conflict {
        /// Where.
        bucket: Bucket,
    },
    /// A bucket would hold too much.
    Quota {
        /// Which.
        bucket: Bucket,
        /// What it may hold.
        quota: Quota,
        /// What it would.
        wanted: Quota,
    },
    /// A run can't be started.
    Spawn {
        /// Of which task.
        task: TaskName,
        /// Why.
        reason: Stillborn,
    },
}

impl Unfit {
    /// How the attempt ended, since it did not succeed.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Conflict { bucket } => Verdict::Conflicted { bucket: bucket.to_string() },
            Self::Quota { .. } => Verdict::failed_for_good(self.to_string()),
            // There may be room for it, or such a task, the next time.
            Self::Spawn { .. } => Verdict::failed(self.to_string()),
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { bucket } => {
                write!(out, "another run has changed {bucket} since this one read it")
            }
            Self::Quota { bucket, quota, wanted } if wanted.keys > quota.keys => write!(
                out,
                "{bucket} would hold {} keys where its quota is {}",
                wanted.keys, quota.keys
            ),
            Self::Quota { bucket, quota, wanted } => write!(
                out,
                "{bucket} would hold {} bytes where its quota is {}",
                wanted.bytes, quota.bytes
            ),
            Self::Spawn { task, reason } => write!(out, "can't start `{task}`: {reason}"),
        }
    }
}
