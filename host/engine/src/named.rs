//! A task that is found by its name.

use std::{
    borrow::Borrow,
    cmp::Ordering,
    hash::{Hash, Hasher},
    sync::Arc,
};

use horarium_core::{name::TaskName, task::TaskSpec};

/// A task, compared by its name alone: where there are a million, the name is not kept
/// once more beside each.
#[derive(Clone)]
pub(crate) struct Named(pub(crate) Arc<TaskSpec>);

impl Borrow<TaskName> for Named {
    fn borrow(&self) -> &TaskName {
        &self.0.name
    }
}

impl Hash for Named {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Named {}

impl PartialOrd for Named {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Named {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.name.cmp(&other.0.name)
    }
}
