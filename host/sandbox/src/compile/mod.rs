//! From a plugin's bytes to machine code, contained.
//!
//! Compiling is where upstream promises nothing: 20 KB of WebAssembly can keep
//! the compiler busy for minutes. So it happens in a child process with a limit of
//! computing time and one of memory, at a low priority: [`spawn`] is the
//! parent's side, [`child`] the child's, [`wire`] what they say to each other.

mod census;
mod child;
mod spawn;
mod wire;

use std::{
    ffi::OsString,
    num::NonZeroUsize,
    path::PathBuf,
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::Engine;

pub use self::child::compile_for_parent;
pub(crate) use self::wire::fingerprint;
use crate::{adapt, engine::Metering, error::LoadError, load};

/// How long a compilation may keep its slot while others wait for one. Few take
/// longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Compilations that have lost their slot and go on beside the others. Where this
/// many do, the next one keeps its slot.
const SLOW: usize = 4;

/// Where plugins are compiled.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// In this process, on as many threads as it likes, without limits: for plugins
    /// that are trusted, as in tests and benchmarks.
    InProcess,
    /// In a child process each.
    Child(ChildCompiler),
}

/// A program that compiles one plugin and ends: it calls [`compile_for_parent`].
#[derive(Debug, Clone)]
pub struct ChildCompiler {
    /// The program. To load what it answers is to trust it.
    pub program: PathBuf,
    /// What makes it a compiler.
    pub args: Vec<OsString>,
    /// All of its environment.
    pub env: Vec<(OsString, OsString)>,
    /// What one compilation may use.
    pub limits: CompileLimits,
}

/// What one compilation may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Computing time. Not wall-clock time: a busy host must not refuse a plugin
    /// that it would take at night.
    pub timeout: Duration,
    /// Address space in bytes, the compiler's own code included.
    pub memory: u64,
}

impl CompileLimits {
    /// What holds where nobody says anything. A plugin of 30 MB, a whole Python,
    /// compiles in half of it on an old machine.
    pub const DEFAULT: Self = Self { timeout: Duration::from_secs(60), memory: 2 << 30 };
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Compiles, a few at a time.
pub(crate) struct Workbench {
    compiler: Compiler,
    slots: Semaphore,
    slow: Semaphore,
    /// How many compilations have ended, and the microseconds that they took together.
    ended: AtomicU64,
    spent: AtomicU64,
}

/// What was compiled since the start, by an end of whatever kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compilations {
    /// How many.
    pub count: u64,
    /// How long they took together.
    pub took: Duration,
}

impl Workbench {
    pub(crate) fn new(compiler: Compiler) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            compiler,
            slots: Semaphore::new(cores),
            slow: Semaphore::new(SLOW),
            ended: AtomicU64::new(0),
            spent: AtomicU64::new(0),
        }
    }

    /// What was compiled so far.
    pub(crate) fn compilations(&self) -> Compilations {
        let took = Duration::from_micros(self.spent.load(Ordering::Relaxed));
        Compilations { count: self.ended.load(Ordering::Relaxed), took }
    }

    /// Waits for a turn. What waits need not be in memory.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        Turn { bench: self, slot: permit(&self.slots).await }
    }

    async fn once(
        &self,
        engine: &Engine,
        metering: Metering,
        wasm: Bytes,
    ) -> Result<Vec<u8>, LoadError> {
        let begun = Instant::now();
        let compiled = match &self.compiler {
            Compiler::InProcess => in_process(engine.clone(), wasm).await,
            Compiler::Child(child) => spawn::compile(child, engine, metering, &wasm).await,
        };
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.spent.fetch_add(took, Ordering::Relaxed);
        self.ended.fetch_add(1, Ordering::Relaxed);
        compiled
    }
}

/// The right to compile one plugin, and to hold what comes of it until it is put away.
pub(crate) struct Turn<'a> {
    bench: &'a Workbench,
    slot: Option<SemaphorePermit<'a>>,
}

impl Turn<'_> {
    /// Compiles for engines like this one. Dropping the future ends the child.
    pub(crate) async fn compile(
        &mut self,
        engine: &Engine,
        metering: Metering,
        wasm: Bytes,
    ) -> Result<Vec<u8>, LoadError> {
        let bench = self.bench;
        let mut work = pin!(bench.once(engine, metering, wasm));
        if let Ok(done) = tokio::time::timeout(PATIENCE, &mut work).await {
            return done;
        }
        // A slow one makes room, so that a few bombs delay nobody else.
        let slow = tokio::select! {
            biased;
            done = &mut work => return done,
            slow = permit(&bench.slow) => slow,
        };
        self.slot = slow;
        work.await
    }
}

/// None where the semaphore is closed, which it never is.
async fn permit(semaphore: &Semaphore) -> Option<SemaphorePermit<'_>> {
    semaphore.acquire().await.ok()
}

async fn in_process(engine: Engine, wasm: Bytes) -> Result<Vec<u8>, LoadError> {
    let compiled = tokio::task::spawn_blocking(move || {
        let component = adapt::component(&wasm).map_err(LoadError::CoreModule)?;
        census::check(&component).map_err(LoadError::Excessive)?;
        let code = engine.precompile_component(&component);
        code.map_err(|reason| LoadError::Invalid(load::shown(&reason)))
    });
    match compiled.await {
        Ok(code) => code,
        Err(panic) => Err(LoadError::Compiler(format!("gave up: {panic}"))),
    }
}

#[cfg(test)]
mod tests;
