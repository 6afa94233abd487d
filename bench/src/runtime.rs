//! What asynchronous measurements run on.

use anyhow::Result;

/// Runs on as many worker threads as there are cores.
pub(crate) fn block_on(measure: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let workers = std::thread::available_parallelism()?.get();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    // On a worker, not on the thread that waits: what is measured there costs no wake-up.
    runtime.block_on(async { tokio::spawn(measure).await? })
}
