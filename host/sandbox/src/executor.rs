//! The plugins of a library, behind the engine's seam.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    Executor, attempt::Outcome, executor::Invocation, instance::InstancePolicy, limits::Limits,
    task::TaskSpec, verdict::Verdict,
};
use tokio::time::{Instant, timeout};

use crate::{
    attempt::{self, Warm},
    idle::Idle,
    library::Library,
    plugin::SharedPlugin,
    room::{Room, Share},
};

/// Executes invocations with the plugins of a library, within a memory budget for
/// all of them together: an attempt whose limit does not fit waits.
pub struct LibraryExecutor {
    library: Arc<Library>,
    room: Arc<Room>,
    idle: Idle<(Warm, Share)>,
}

impl LibraryExecutor {
    /// An executor whose guests together are promised at most `memory` bytes.
    #[must_use]
    pub fn new(library: Arc<Library>, memory: u64) -> Self {
        let room = Room::new(library.sandbox().capacity(), memory);
        Self { library, room: Arc::new(room), idle: Idle::default() }
    }

    /// Where the instances of its attempts have their room.
    #[must_use]
    pub fn room(&self) -> Arc<Room> {
        self.room.clone()
    }

    /// An instance that is kept for this task, together with its room.
    fn kept(&self, spec: &Arc<TaskSpec>) -> Option<(SharedPlugin, Warm, Share)> {
        if spec.instance == InstancePolicy::Fresh {
            return None;
        }
        let plugin = self.library.get(&spec.plugin)?;
        let (warm, share) = self.idle.take(spec, &plugin)?;
        Some((plugin, warm, share))
    }

    /// Waits for room, but not beyond a stop.
    async fn share(&self, invocation: &mut Invocation) -> Result<Share, Verdict> {
        let memory = invocation.spec.limits.memory;
        // Mostly there is room, and nothing to wait for.
        if let Some(share) = self.room.try_take(memory) {
            return Ok(share);
        }
        // What nobody uses makes way.
        let waiting = self.idle.wait();
        while waiting.evict() {
            if let Some(share) = self.room.try_take(memory) {
                return Ok(share);
            }
        }
        tokio::select! {
            biased;
            reason = &mut invocation.stop => Err(reason.verdict()),
            share = self.room.take(memory) => Ok(share),
        }
    }

    /// The plugin of a task, if that has its function.
    fn plugin(&self, spec: &TaskSpec) -> Result<SharedPlugin, Box<Outcome>> {
        let TaskSpec { plugin: name, function, .. } = spec;
        let Some(plugin) = self.library.get(name) else {
            let outcome = Outcome::before_start(Verdict::failed(self.library.absence(name)));
            return Err(Box::new(outcome));
        };
        if plugin.function(function).is_none() {
            let digest = plugin.digest();
            let verdict = Verdict::failed(format!(
                "plugin `{name}` ({}) has no task function `{function}`",
                digest.short()
            ));
            let outcome = Outcome::before_start(verdict);
            return Err(Box::new(Outcome { plugin: Some(digest), ..outcome }));
        }
        Ok(plugin)
    }
}

impl LibraryExecutor {
    /// Waits until an attempt can begin, in an instance of its own.
    async fn prepare(
        &self,
        invocation: &mut Invocation,
    ) -> Result<(SharedPlugin, Share), Box<Outcome>> {
        let spec = invocation.spec.clone();
        let plugin = self.plugin(&spec)?;
        // Before there is room: what has to be compiled first keeps nobody out.
        let metering = spec.limits.fuel.into();
        if let Err(verdict) = attempt::code(&plugin, metering, &mut invocation.stop).await {
            return Err(Box::new(attempt::refused(&plugin, verdict)));
        }
        let share = self.share(invocation).await;
        let share = share.map_err(|verdict| Box::new(Outcome::before_start(verdict)))?;
        // After the wait, the version that is in use by then.
        let plugin = match self.plugin(&spec) {
            Ok(newer) if newer.has(metering) => newer,
            _ => plugin,
        };
        Ok((plugin, share))
    }
}

impl Executor for LibraryExecutor {
    async fn execute(&self, mut invocation: Invocation) -> Outcome {
        let spec = invocation.spec.clone();
        let begun = Instant::now();
        self.idle.sweep();
        let (plugin, warm, share) = match self.kept(&spec) {
            Some((plugin, warm, share)) => (plugin, Some(warm), share),
            None => {
                let longest = invocation.within.unwrap_or(Duration::MAX);
                match timeout(longest, self.prepare(&mut invocation)).await {
                    Ok(Ok((plugin, share))) => (plugin, None, share),
                    Ok(Err(outcome)) => return *outcome,
                    // Handed back: what it waits for in vain is not its own fault.
                    Err(_) => return Outcome::before_start(Verdict::Interrupted),
                }
            }
        };
        let left = invocation.within.map(|within| within.saturating_sub(begun.elapsed()));
        if let Some(left) = left.filter(|left| *left < spec.limits.timeout) {
            let limits = Limits { timeout: left, ..spec.limits };
            invocation.spec = Arc::new(TaskSpec { limits, ..TaskSpec::clone(&spec) });
        }
        let (outcome, warm) = self.library.sandbox().run_in(&plugin, warm, invocation).await;
        if let Some(warm) = warm {
            self.idle.put(spec, plugin, (warm, share));
        }
        outcome
    }
}
