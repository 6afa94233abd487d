//! A plugin that is ready to run.

use std::sync::Arc;

use horarium_core::{digest::Digest, function::TaskFunction, text};
use wasmtime::Engine;

use crate::entry::{Linked, Uncallable};

/// One version of a plugin: compiled, linked, with its functions.
pub struct Plugin {
    digest: Digest,
    linked: Linked,
    functions: Vec<TaskFunction>,
}

impl Plugin {
    pub(crate) fn new(digest: Digest, linked: Linked, functions: Vec<TaskFunction>) -> Self {
        Self { digest, linked, functions }
    }

    pub(crate) fn linked(&self) -> &Linked {
        &self.linked
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.linked.engine()
    }

    /// The SHA-256 of the file that it was loaded from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its task functions, in the order in which it names them.
    #[must_use]
    pub fn functions(&self) -> &[TaskFunction] {
        &self.functions
    }

    /// The function of this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&TaskFunction> {
        self.functions.iter().find(|function| function.is_called(name))
    }

    /// What it exports and no task can call, with the reasons.
    #[must_use]
    pub fn uncallable(&self) -> &[Uncallable] {
        self.linked.uncallable()
    }

    /// The interfaces that it wants of the host.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        let ty = self.linked.component().component_type();
        ty.imports(self.engine()).map(|(name, _)| text::escape(name)).collect()
    }

    /// The interfaces that it offers.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        let ty = self.linked.component().component_type();
        ty.exports(self.engine()).map(|(name, _)| text::escape(name)).collect()
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("digest", &self.digest)
            .field("functions", &self.functions)
            .finish_non_exhaustive()
    }
}

/// A plugin may run many attempts at once, and outlive its file.
pub(crate) type SharedPlugin = Arc<Plugin>;
