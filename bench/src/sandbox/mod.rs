//! What the sandbox costs, and how well it holds.

mod compute;
mod containment;
mod flat;
mod overhead;
mod residents;
mod reuse;
mod setup;
mod start;

use anyhow::Result;

pub(crate) use self::setup::MEASURED;
use crate::runtime::block_on;

/// Measures each subject in a runtime of its own, so that none inherits another
/// one's threads.
pub(crate) fn run() -> Result<()> {
    block_on(overhead::measure())?;
    block_on(reuse::measure())?;
    block_on(compute::measure())?;
    block_on(containment::measure())?;
    block_on(flat::measure())?;
    block_on(residents::measure())?;
    start::measure()
}
