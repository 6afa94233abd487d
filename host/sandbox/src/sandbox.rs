//! Loads plugins and runs attempts.

use std::{path::Path, sync::Arc};

use horarium_core::{attempt::Outcome, executor::Invocation};
use wasmtime::{Engine, component::Linker};

use crate::{
    attempt,
    cache::Cache,
    capability::{self, Outside, names::Resolver},
    engine::{self, SandboxConfig},
    error::{EngineError, LoadError},
    load::{self, PluginFile},
    open_files,
    plugin::Plugin,
    state::State,
};

/// One engine, and everything that guests can be linked to.
pub struct Sandbox {
    engine: Engine,
    linker: Linker<State>,
    cache: Option<Cache>,
    capacity: u32,
    outside: Outside,
}

impl Sandbox {
    /// Makes an engine of the given size. Without a cache every load compiles.
    ///
    /// # Errors
    /// Where wasmtime does not run on this machine.
    pub fn new(config: &SandboxConfig, cache: Option<Cache>) -> Result<Self, EngineError> {
        open_files::make_room(config.capacity);
        let engine = engine::new(config)?;
        let mut linker = Linker::new(&engine);
        capability::link(&mut linker)
            .map_err(|reason| EngineError::Unsupported(format!("{reason:#}")))?;
        let capacity = config.capacity;
        Ok(Self { engine, linker, cache, capacity, outside: Outside::default() })
    }

    /// The same with another resolver than the machine's own.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.outside.resolver = resolver;
        self
    }

    /// Loads the plugin in this file.
    ///
    /// # Errors
    /// Where it is no plugin; the error says what it is instead.
    pub async fn load_file(&self, path: &Path) -> Result<Plugin, LoadError> {
        let path = path.to_owned();
        let file = tokio::task::spawn_blocking(move || PluginFile::read(&path))
            .await
            .map_err(|panic| LoadError::Invalid(panic.to_string()))??;
        self.load(file).await
    }

    /// Loads a plugin from the content of its file.
    ///
    /// # Errors
    /// Where it is no plugin; the error says what it is instead.
    pub async fn load_bytes(&self, bytes: Vec<u8>) -> Result<Plugin, LoadError> {
        self.load(PluginFile::from_bytes(bytes)?).await
    }

    pub(crate) async fn load(&self, file: PluginFile) -> Result<Plugin, LoadError> {
        load::load(&self.engine, &self.linker, self.cache.as_ref(), file).await
    }

    /// Runs one attempt of a function of this plugin. Total: whatever goes wrong
    /// is an outcome. Dropping the future stops the guest.
    pub async fn run(&self, plugin: &Plugin, invocation: Invocation) -> Outcome {
        attempt::run(plugin, &self.outside, invocation).await
    }

    /// Attempts that run at once.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    /// The engine, for measurements of what it costs without all the rest.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}
