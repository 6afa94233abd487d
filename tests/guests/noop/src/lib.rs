//! The smallest plugin: what a run of it costs is the host's own cost.

#![forbid(unsafe_code)]

use horarium_sdk::task;

/// Does nothing.
#[task]
fn noop() {}
