//! The second way to a toolchain: ask rustup for the target.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{command, progress};

/// The download is about 25 MB; an unreachable site must not hold anyone up
/// for all of rustup's retries.
const LIMIT: Duration = Duration::from_secs(120);

/// Adds a target to the installed toolchain.
pub(super) fn add_target(target: &str) -> Result<()> {
    progress::toolchain(format_args!("asking rustup for {target}"));
    command::run(Command::new("rustup").args(["--quiet", "target", "add", target]), LIMIT)?;
    Ok(())
}
