//! Loads plugins and runs attempts.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use horarium_core::{attempt::Outcome, executor::Invocation};
use wasmtime::Engine;

use crate::{
    attempt::{self, Warm},
    cache::Cache,
    capability::{Outside, lookups::Resolver},
    compile::{Compilations, Compiler},
    engine::SandboxConfig,
    error::{EngineError, LoadError},
    load::PluginFile,
    loader::Loader,
    open_files,
    plugin::Plugin,
};

/// Two engines, one of them made on first need, and everything that guests can be
/// linked to.
pub struct Sandbox {
    loader: Arc<Loader>,
    capacity: u32,
    outside: Outside,
}

impl Sandbox {
    /// Makes an engine of the given size. Without a cache every load compiles.
    ///
    /// # Errors
    /// Where wasmtime does not run on this machine.
    pub fn new(
        config: &SandboxConfig,
        compiler: Compiler,
        cache: Option<Cache>,
    ) -> Result<Self, EngineError> {
        open_files::make_room(config.capacity, config.caps.bounds.resources);
        let loader = Arc::new(Loader::new(config, compiler, cache)?);
        Ok(Self { loader, capacity: config.capacity, outside: Outside::default() })
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
        self.loader.load_file(path).await
    }

    /// Loads a plugin from the content of its file.
    ///
    /// # Errors
    /// Where it is no plugin; the error says what it is instead.
    pub async fn load_bytes(&self, bytes: Vec<u8>) -> Result<Plugin, LoadError> {
        let bytes = Bytes::from(bytes);
        self.loader.load(move || PluginFile::from_bytes(bytes.clone())).await
    }

    /// Runs one attempt of a function of this plugin. Total: whatever goes wrong
    /// is an outcome. Dropping the future stops the guest.
    pub async fn run(&self, plugin: &Plugin, invocation: Invocation) -> Outcome {
        self.run_in(plugin, None, invocation).await.0
    }

    /// The same in an instance that is there already, if one is; and what of it may
    /// be kept.
    pub(crate) async fn run_in(
        &self,
        plugin: &Plugin,
        warm: Option<Warm>,
        invocation: Invocation,
    ) -> (Outcome, Option<Warm>) {
        attempt::run(plugin, &self.outside, warm, invocation).await
    }

    /// What was compiled so far.
    pub(crate) fn compilations(&self) -> Compilations {
        self.loader.compilations()
    }

    /// Attempts that run at once.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    /// The engine of attempts with limited fuel, for measurements of what it costs
    /// without all the rest.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.loader.engine()
    }
}
