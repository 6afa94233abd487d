//! What is kept between two runs, for tasks that ask for it.
//!
//! It is kept for the very same task under the very same configuration and version
//! of its plugin, and only for as long as nobody else needs the room that it holds.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use horarium_core::task::TaskSpec;

use crate::plugin::SharedPlugin;

/// How long something is kept without being used.
const LONGEST: Duration = Duration::from_secs(600);

/// Kept things, oldest first. Each holds room, so there are never more of them than
/// the host has room for.
pub(crate) struct Idle<T>(Mutex<State<T>>);

struct State<T> {
    kept: VecDeque<Kept<T>>,
    /// Those who need the room.
    waiting: usize,
}

struct Kept<T> {
    since: Instant,
    spec: Arc<TaskSpec>,
    plugin: SharedPlugin,
    thing: T,
}

/// Somebody who waits for room. For as long as this is there, nothing is kept.
pub(crate) struct Waiting<'a, T>(&'a Idle<T>);

impl<T> Default for Idle<T> {
    fn default() -> Self {
        Self(Mutex::new(State { kept: VecDeque::new(), waiting: 0 }))
    }
}

impl<T> Idle<T> {
    /// Takes what was kept last for this task with this version of its plugin. What
    /// was kept for the task as it was before is dropped.
    pub(crate) fn take(&self, spec: &Arc<TaskSpec>, plugin: &SharedPlugin) -> Option<T> {
        // To drop an instance takes a while; others need not wait for it.
        let mut stale = Vec::new();
        let mut state = self.lock();
        while let Some(place) = state.kept.iter().rposition(|kept| kept.spec.name == spec.name) {
            let kept = state.kept.remove(place)?;
            if Arc::ptr_eq(&kept.plugin, plugin) && kept.is_for(spec) {
                return Some(kept.thing);
            }
            stale.push(kept);
        }
        drop(state);
        None
    }

    /// Keeps something for the next run of this task, unless somebody waits for the
    /// room that it holds.
    pub(crate) fn put(&self, spec: Arc<TaskSpec>, plugin: SharedPlugin, thing: T) {
        let mut state = self.lock();
        if state.waiting == 0 {
            state.kept.push_back(Kept { since: Instant::now(), spec, plugin, thing });
        }
    }

    /// Drops what nobody has needed for long: its task may be gone, or its plugin.
    pub(crate) fn sweep(&self) {
        let mut stale = Vec::new();
        let mut state = self.lock();
        while state.kept.front().is_some_and(|oldest| oldest.since.elapsed() >= LONGEST) {
            stale.extend(state.kept.pop_front());
        }
        drop(state);
    }

    /// From here on nothing is kept, until the answer is dropped.
    pub(crate) fn wait(&self) -> Waiting<'_, T> {
        self.lock().waiting += 1;
        Waiting(self)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Kept<T> {
    fn is_for(&self, spec: &Arc<TaskSpec>) -> bool {
        Arc::ptr_eq(&self.spec, spec) || self.spec == *spec
    }
}

impl<T> Waiting<'_, T> {
    /// Drops what was kept longest; false where there is nothing.
    pub(crate) fn evict(&self) -> bool {
        let oldest = self.0.lock().kept.pop_front();
        oldest.is_some()
    }
}

impl<T> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}
