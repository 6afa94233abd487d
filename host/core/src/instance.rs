//! Whether a run starts from nothing.

use std::num::NonZeroU32;

/// What an attempt's instance was used for before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InstancePolicy {
    /// Nothing: every attempt has an instance of its own.
    #[default]
    Fresh,
    /// Successful runs of the same task, at most this many in all. What the guest
    /// left in its memory is there for the next run; any other end is the
    /// instance's last.
    Reuse(NonZeroU32),
}
