//! Something that happened to a package.

use horarium_sdk::prelude::*;

/// Something that happened to a package.
#[output]
#[derive(PartialEq)]
pub(crate) struct Event {
    /// In the machine's own time, as the log has it: `2026-05-09 07:28:46`.
    pub(crate) at: String,
    pub(crate) action: Action,
    /// With its architecture, as in `git:amd64`.
    pub(crate) package: String,
    /// The new one, or the one that went.
    pub(crate) version: String,
}

/// What happened to it.
#[output]
#[derive(Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Installed,
    Upgraded,
    Removed,
}

impl Event {
    /// The day of the event, which sorts by time.
    pub(crate) fn day(&self) -> &str {
        self.at.split(' ').next().unwrap_or_default()
    }
}
