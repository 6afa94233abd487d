//! A plugin that is ready to run.

use std::sync::Arc;

use horarium_core::{digest::Digest, function::TaskFunction, text};
use wasmtime::{
    Engine, Store,
    component::{Component, InstancePre},
};

use crate::{
    bindings::{Plugin as Bindings, PluginPre},
    error::LoadError,
    state::State,
};

/// One version of a plugin: compiled, linked, asked for its functions.
pub struct Plugin {
    digest: Digest,
    pre: PluginPre<State>,
    functions: Vec<TaskFunction>,
}

impl Plugin {
    /// Links a compiled component whose functions are not known yet.
    pub(crate) fn link(
        digest: Digest,
        pre: InstancePre<State>,
        functions: Vec<TaskFunction>,
    ) -> Result<Self, LoadError> {
        let pre = PluginPre::new(pre)
            .map_err(|reason| LoadError::Invalid(text::escape(&format!("{reason:#}"))))?;
        Ok(Self { digest, pre, functions })
    }

    pub(crate) fn with_functions(self, functions: Vec<TaskFunction>) -> Self {
        Self { functions, ..self }
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.pre.engine()
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Bindings> {
        self.pre.instantiate_async(store).await
    }

    fn component(&self) -> &Component {
        self.pre.instance_pre().component()
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
        self.functions.iter().find(|function| function.name == name)
    }

    /// The interfaces that it wants of the host.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        let ty = self.component().component_type();
        ty.imports(self.engine()).map(|(name, _)| text::escape(name)).collect()
    }

    /// The interfaces that it offers.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        let ty = self.component().component_type();
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
