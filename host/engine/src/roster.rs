//! The tasks that the engine knows.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use horarium_core::{name::TaskName, task::TaskSpec};
use tokio::sync::watch;

type Specs = HashMap<TaskName, Arc<TaskSpec>>;

/// The current tasks, and those before them: a run that was claimed just before
/// its task was removed still finds what it needs.
pub(crate) struct Roster {
    generations: RwLock<Generations>,
    known: watch::Sender<bool>,
}

#[derive(Default)]
struct Generations {
    current: Specs,
    previous: Specs,
}

impl Default for Roster {
    fn default() -> Self {
        Self { generations: RwLock::default(), known: watch::Sender::new(false) }
    }
}

impl Roster {
    /// Makes these the current tasks.
    pub(crate) fn replace(&self, tasks: &[Arc<TaskSpec>]) {
        let mut generations = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        let current = tasks.iter().map(|spec| (spec.name.clone(), spec.clone())).collect();
        generations.previous = std::mem::replace(&mut generations.current, current);
        self.known.send_replace(true);
    }

    /// Completes once there have been tasks at all.
    pub(crate) async fn known(&self) {
        // The sender lives in `self`.
        let _ = self.known.subscribe().wait_for(|known| *known).await;
    }

    /// A task, the current one before the previous one of its name.
    pub(crate) fn get(&self, task: &TaskName) -> Option<Arc<TaskSpec>> {
        let generations = self.generations.read().unwrap_or_else(PoisonError::into_inner);
        generations.current.get(task).or_else(|| generations.previous.get(task)).cloned()
    }
}
