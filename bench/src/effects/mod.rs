//! What it costs to have effects commit with the outcome.

mod fanout;
mod keys;
mod write;

use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        write::measure().await?;
        fanout::measure().await?;
        keys::measure().await
    })
}
