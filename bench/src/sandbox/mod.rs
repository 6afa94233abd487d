//! What the sandbox costs, and how well it holds.

mod compute;
mod containment;
mod flat;
mod overhead;
mod process;
mod residents;
mod reuse;
mod setup;
mod start;

use anyhow::Result;

/// Measures each subject in a runtime of its own, so that none inherits another
/// one's threads.
pub(crate) fn run() -> Result<()> {
    setup::block_on(overhead::measure())?;
    setup::block_on(reuse::measure())?;
    setup::block_on(compute::measure())?;
    setup::block_on(containment::measure())?;
    setup::block_on(flat::measure())?;
    setup::block_on(residents::measure())?;
    start::measure()
}
