//! From a plugin's bytes to code, for either engine.

use std::{num::NonZeroUsize, path::Path, sync::Arc, thread};

use bytes::Bytes;
use horarium_core::{digest::Digest, function::TaskFunction};
use tokio::sync::{OnceCell, Semaphore};
use wasmtime::Engine;

use crate::{
    cache::{Cache, Cached},
    compile::{Compilations, Compiler, Turn, Workbench},
    describe,
    engine::{Metering, SPARE, SandboxConfig},
    entry::Linked,
    error::{EngineError, LoadError},
    load::PluginFile,
    machine::Machine,
    plugin::Plugin,
    restart::Decider,
    source::Source,
};

/// Everything that plugins are loaded with.
pub(crate) struct Loader {
    config: SandboxConfig,
    metered: Arc<Machine>,
    /// Made when it is needed first: a host without unlimited tasks does without.
    unmetered: OnceCell<Arc<Machine>>,
    workbench: Workbench,
    cache: Option<Cache>,
    /// Plugins that are read, verified and linked at once. More of them would be no
    /// faster.
    reading: Arc<Semaphore>,
    /// Plugins that are asked for their functions at once: the pool has room for so
    /// many beside the attempts.
    asking: Semaphore,
}

impl Loader {
    pub(crate) fn new(
        config: &SandboxConfig,
        compiler: Compiler,
        cache: Option<Cache>,
    ) -> Result<Self, EngineError> {
        let metered = Machine::new(config, Metering::Metered)?;
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Ok(Self {
            config: *config,
            cache: cache.map(|cache| cache.serving(metered.engine())),
            metered: Arc::new(metered),
            unmetered: OnceCell::new(),
            workbench: Workbench::new(compiler),
            reading: Arc::new(Semaphore::new(cores)),
            asking: Semaphore::new(usize::try_from(SPARE).unwrap_or(1)),
        })
    }

    /// The engine of all attempts whose fuel is limited.
    pub(crate) fn engine(&self) -> &Engine {
        self.metered.engine()
    }

    /// What was compiled so far.
    pub(crate) fn compilations(&self) -> Compilations {
        self.workbench.compilations()
    }

    /// Loads the plugin in a file.
    pub(crate) async fn load_file(self: &Arc<Self>, path: &Path) -> Result<Plugin, LoadError> {
        let path = path.to_owned();
        self.load(move || PluginFile::read(&path)).await
    }

    /// Reads a plugin, compiles and questions it, or takes all that from the cache.
    pub(crate) async fn load(
        self: &Arc<Self>,
        read: impl Fn() -> Result<PluginFile, LoadError> + Send + Sync + 'static,
    ) -> Result<Plugin, LoadError> {
        let read = Arc::new(read);
        let first = read.clone();
        let look = self.blocking(move |loader| {
            let file = first()?;
            let known = loader.known(&loader.metered, file.digest)?;
            Ok(match known {
                Some((code, functions)) => {
                    Look::Known { digest: file.digest, source: loader.keep(file), code, functions }
                }
                None => Look::Unknown,
            })
        });
        let (digest, source, code, functions) = match look.await? {
            Look::Known { digest, source, code, functions } => (digest, source, code, functions),
            Look::Unknown => self.make(read).await?,
        };
        let decider = Decider::of(&code)?;
        Ok(Plugin::new(self.clone(), digest, source, code, functions, decider))
    }

    /// Compiles a plugin, asks for its functions, and keeps all that.
    async fn make(
        self: &Arc<Self>,
        read: Arc<impl Fn() -> Result<PluginFile, LoadError> + Send + Sync + 'static>,
    ) -> Result<(Digest, Source, Linked, Vec<TaskFunction>), LoadError> {
        let mut turn = self.workbench.turn().await;
        // Once more: of a hundred that wait for their turn, none is in memory.
        let file = self.blocking(move |_| read()).await?;
        let digest = file.digest;
        let (code, artifact) = self.compile(&mut turn, &self.metered, file.bytes.clone()).await?;
        let functions = {
            // Never closed.
            let _turn = self.asking.acquire().await;
            describe::functions(&code).await?
        };
        let described = functions.clone();
        let keep = self.blocking(move |loader| {
            loader.put(Metering::Metered, digest, &artifact, &described);
            Ok(loader.keep(file))
        });
        Ok((digest, keep.await?, code, functions))
    }

    /// Code for the engine that does not count fuel.
    pub(crate) async fn unmetered(
        self: &Arc<Self>,
        digest: Digest,
        source: &Source,
    ) -> Result<Linked, LoadError> {
        let make = async || Machine::new(&self.config, Metering::Unmetered).map(Arc::new);
        let machine = self.unmetered.get_or_try_init(make).await?.clone();
        let (engine, source) = (machine.clone(), source.clone());
        let look = self.blocking(move |loader| match loader.known(&engine, digest)? {
            Some((code, _)) => Ok((Some(code), Bytes::new())),
            None => Ok((None, source.bytes(loader.cache.as_ref(), digest)?)),
        });
        let wasm = match look.await? {
            (Some(code), _) => return Ok(code),
            (None, wasm) => wasm,
        };
        let mut turn = self.workbench.turn().await;
        let (code, artifact) = self.compile(&mut turn, &machine, wasm).await?;
        let keep = self.blocking(move |loader| {
            loader.put(Metering::Unmetered, digest, &artifact, &[]);
            Ok(())
        });
        keep.await?;
        Ok(code)
    }

    /// Compiles and links; the artifact is what the cache keeps.
    async fn compile(
        self: &Arc<Self>,
        turn: &mut Turn<'_>,
        machine: &Arc<Machine>,
        wasm: Bytes,
    ) -> Result<(Linked, Vec<u8>), LoadError> {
        let artifact = turn.compile(machine.engine(), machine.metering(), wasm).await?;
        let machine = machine.clone();
        self.blocking(move |_| Ok((machine.load(&artifact)?, artifact))).await
    }

    /// What the cache has; none without a cache.
    fn known(
        &self,
        machine: &Machine,
        digest: Digest,
    ) -> Result<Option<(Linked, Vec<TaskFunction>)>, LoadError> {
        let Some(cache) = &self.cache else { return Ok(None) };
        let cached = cache.get(machine.engine(), machine.metering(), digest);
        let Some(Cached { component, functions }) = cached else { return Ok(None) };
        let code = machine.link(&component)?;
        // What stands in its types is as this version reads it.
        let functions = match code.functions() {
            Some(fresh) => decided_as(fresh, &functions),
            None => functions,
        };
        Ok(Some((code, functions)))
    }

    fn put(&self, metering: Metering, digest: Digest, artifact: &[u8], functions: &[TaskFunction]) {
        if let Some(cache) = &self.cache {
            cache.put(metering, digest, artifact, functions);
        }
    }

    fn keep(&self, file: PluginFile) -> Source {
        Source::keep(file, self.cache.as_ref())
    }

    /// Does what reads, computes and writes, where the async runtime does not wait
    /// for it.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<T, LoadError> {
        // Never closed.
        let turn = self.reading.clone().acquire_owned().await;
        let loader = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&loader)
        });
        work.await.unwrap_or_else(|lost| Err(LoadError::Compiler(format!("is lost: {lost}"))))
    }
}

/// These functions, and of them what the plugin itself has said before.
fn decided_as(mut functions: Vec<TaskFunction>, before: &[TaskFunction]) -> Vec<TaskFunction> {
    for function in &mut functions {
        function.decides = before.iter().any(|it| it.name == function.name && it.decides);
    }
    functions
}

/// What a first look at a file found.
enum Look {
    Known { digest: Digest, source: Source, code: Linked, functions: Vec<TaskFunction> },
    Unknown,
}
