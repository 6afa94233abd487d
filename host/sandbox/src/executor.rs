//! The plugins of a library, behind the engine's seam.

use std::sync::Arc;

use horarium_core::{
    Executor,
    attempt::Outcome,
    executor::{Invocation, StopReason},
    verdict::Verdict,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::library::Library;

/// What the memory budget is counted in.
const UNIT: u64 = 64 << 10;

/// Executes invocations with the plugins of a library, within a memory budget for
/// all of them together: an attempt whose limit does not fit waits.
pub struct LibraryExecutor {
    library: Arc<Library>,
    budget: Semaphore,
    units: u32,
}

impl LibraryExecutor {
    /// An executor whose guests together are promised at most `memory` bytes.
    #[must_use]
    pub fn new(library: Arc<Library>, memory: u64) -> Self {
        let units = units(memory);
        // As many permits as a semaphore can hand out at once.
        let budget = Semaphore::new(usize::try_from(units).unwrap_or(Semaphore::MAX_PERMITS));
        Self { library, budget, units }
    }

    /// Waits for the attempt's share of the budget. Whoever asks for more than
    /// there is gets all there is, alone; the configuration refuses such limits.
    async fn share(&self, invocation: &mut Invocation) -> Result<SemaphorePermit<'_>, Verdict> {
        let wanted = units(invocation.spec.limits.memory).min(self.units);
        tokio::select! {
            biased;
            reason = &mut invocation.stop => Err(match reason {
                StopReason::Cancel => Verdict::Cancelled,
                StopReason::Shutdown => Verdict::Interrupted,
            }),
            permit = self.budget.acquire_many(wanted) => {
                // The semaphore is never closed.
                permit.map_err(|closed| Verdict::failed(closed.to_string()))
            }
        }
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

impl Executor for LibraryExecutor {
    async fn execute(&self, mut invocation: Invocation) -> Outcome {
        let _share = match self.share(&mut invocation).await {
            Ok(share) => share,
            Err(verdict) => return Outcome::before_start(verdict),
        };
        let name = &invocation.spec.plugin;
        let Some(plugin) = self.library.get(name) else {
            return Outcome::before_start(Verdict::failed(self.library.absence(name)));
        };
        let function = &invocation.spec.function;
        if plugin.function(function).is_none() {
            let digest = plugin.digest();
            let verdict = Verdict::failed(format!(
                "plugin `{name}` ({}) has no task function `{function}`",
                digest.short()
            ));
            return Outcome { plugin: Some(digest), ..Outcome::before_start(verdict) };
        }
        self.library.sandbox().run(&plugin, invocation).await
    }
}
