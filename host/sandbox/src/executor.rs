//! The plugins of a library, behind the engine's seam.

use std::sync::Arc;

use horarium_core::{
    Executor,
    attempt::Outcome,
    executor::{Invocation, StopReason},
    verdict::Verdict,
};

use crate::{
    library::Library,
    room::{Room, Share},
};

/// Executes invocations with the plugins of a library, within a memory budget for
/// all of them together: an attempt whose limit does not fit waits.
pub struct LibraryExecutor {
    library: Arc<Library>,
    room: Room,
}

impl LibraryExecutor {
    /// An executor whose guests together are promised at most `memory` bytes.
    #[must_use]
    pub fn new(library: Arc<Library>, memory: u64) -> Self {
        let room = Room::new(library.sandbox().capacity(), memory);
        Self { library, room }
    }

    /// Waits for room, but not beyond a stop.
    async fn share(&self, invocation: &mut Invocation) -> Result<Share, Verdict> {
        // Mostly there is room, and nothing to wait for.
        if let Some(share) = self.room.try_take(invocation.spec.limits.memory) {
            return Ok(share);
        }
        tokio::select! {
            biased;
            reason = &mut invocation.stop => Err(match reason {
                StopReason::Cancel => Verdict::Cancelled,
                StopReason::Shutdown => Verdict::Interrupted,
            }),
            share = self.room.take(invocation.spec.limits.memory) => Ok(share),
        }
    }
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
