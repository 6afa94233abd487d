//! The tasks that the engine knows.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use horarium_core::{name::TaskName, task::TaskSpec};
use tokio::sync::SetOnce;

use crate::named::Named;

type Specs = HashSet<Named>;

/// The current tasks, and what the last change replaced or removed: a run that was claimed
/// just before its task was removed still finds what it needs.
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

/// How tasks differ from those before them.
pub(crate) struct Differences {
    /// Those that are new, or not what they were.
    pub(crate) changed: Vec<Arc<TaskSpec>>,
    /// Those that are gone.
    pub(crate) removed: Vec<TaskName>,
}

impl Roster {
    /// Makes these the current tasks, and says what that changes: of a hundred thousand
    /// tasks it is few.
    pub(crate) fn replace(&self, tasks: Vec<Arc<TaskSpec>>) -> Differences {
        let mut generations = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        let Generations { current, previous } = &mut *generations;
        let removed: Vec<_> = {
            let named: HashSet<_> = tasks.iter().map(|task| &task.name).collect();
            let gone = current.iter().filter(|Named(task)| !named.contains(&task.name));
            gone.map(|Named(task)| task.name.clone()).collect()
        };
        let is_new = |task: &Arc<TaskSpec>| match current.get(&task.name) {
            Some(Named(same)) => !Arc::ptr_eq(same, task) && same != task,
            None => true,
        };
        let changed: Vec<_> = tasks.into_iter().filter(is_new).collect();
        previous.clear();
        previous.extend(removed.iter().filter_map(|task| current.take(task)));
        previous.extend(changed.iter().filter_map(|task| current.replace(Named(task.clone()))));
        Differences { changed, removed }
    }

    /// Whether there have been tasks.
    pub(crate) fn is_known(&self) -> bool {
        self.known.initialized()
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
