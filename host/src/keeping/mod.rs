//! What tasks keep, as operators see it: who has it, how full it may be, and what of it is
//! shown.

mod holders;
mod shown;
mod view;

pub(crate) use self::{
    holders::{Holders, Shares, redactors},
    shown::{Encoding, Shown, bytes_of},
    view::{BucketInfo, CheckpointInfo, Cleared, EntryInfo, KeyInfo},
};

/// The most entries that are read at once with their values,
pub(crate) const ENTRIES: usize = 500;

/// and the most bytes of them, but for the last one's.
pub(crate) const BYTES: u64 = 1 << 20;
