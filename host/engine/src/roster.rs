//! The tasks that the engine knows.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use horarium_core::{name::TaskName, task::TaskSpec};
use tokio::sync::SetOnce;

use crate::named::Named;

type Specs = HashSet<Named>;

/// The current tasks, and those before them: a run that was claimed just before
/// its task was removed still finds what it needs.
#[derive(Default)]
pub(crate) struct Roster {
    generations: RwLock<Generations>,
    known: SetOnce<()>,
}

#[derive(Default)]
struct Generations {
    current: Specs,
    previous: Specs,
}

impl Roster {
    /// Makes these the current tasks. Those that are what they were become the very same
    /// again: of a hundred thousand tasks few have changed, and all are known twice.
    pub(crate) fn replace(&self, tasks: &mut [Arc<TaskSpec>]) {
        let mut generations = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        for task in &mut *tasks {
            if let Some(Named(same)) = generations.current.get(&task.name)
                && same == task
            {
                *task = same.clone();
            }
        }
        let current = tasks.iter().cloned().map(Named).collect();
        generations.previous = std::mem::replace(&mut generations.current, current);
    }

    /// The store knows them as well.
    pub(crate) fn announce(&self) {
        // Known before, they still are.
        let _ = self.known.set(());
    }

    /// Completes once there have been tasks at all.
    pub(crate) async fn known(&self) {
        self.known.wait().await;
    }

    /// A task, the current one before the previous one of its name.
    pub(crate) fn get(&self, task: &TaskName) -> Option<Arc<TaskSpec>> {
        let generations = self.generations.read().unwrap_or_else(PoisonError::into_inner);
        let Generations { current, previous } = &*generations;
        current.get(task).or_else(|| previous.get(task)).map(|Named(spec)| spec.clone())
    }
}
