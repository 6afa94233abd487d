//! The wasmtime engines: what is on, what is off, and who moves their epochs.

use std::{num::NonZeroUsize, thread, time::Duration};

use horarium_core::limits::{Caps, Fuel};
use serde::{Deserialize, Serialize};
use wasmtime::{
    Config, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig,
    WasmBacktraceDetails, WasmFeatures,
};

use crate::error::EngineError;

/// How often the epoch advances: how long a guest may keep a thread to itself,
/// and how late a timeout may be.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Attempts beside those of the host's capacity: plugins that are being asked
/// what functions they have.
pub(crate) const SPARE: u32 = 4;

/// What guests may be made of: WebAssembly 2.0, and what is small in 3.0. All else
/// is off, also what a later wasmtime may turn on: nothing here needs garbage
/// collection, exceptions, function references, 64-bit memories, threads or the
/// component model's async, and most of the year's advisories sit there. The
/// adapters between the modules of a component need several memories.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .difference(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::COMPONENT_MODEL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::TAIL_CALL);

/// What a sandbox is sized for.
#[derive(Debug, Clone, Copy)]
pub struct SandboxConfig {
    /// Attempts that run at once.
    pub capacity: u32,
    /// What no guest may exceed.
    pub caps: Caps,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self { capacity: 1, caps: Caps::DEFAULT }
    }
}

/// Whether an engine's code counts fuel, which costs a guest that computes a good
/// part of its pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Metering {
    /// It does.
    Metered,
    /// It does not: for whoever has no limit.
    Unmetered,
}

impl From<Fuel> for Metering {
    fn from(fuel: Fuel) -> Self {
        match fuel {
            Fuel::Limited(_) => Self::Metered,
            Fuel::Unlimited => Self::Unmetered,
        }
    }
}

/// An engine that runs guests, and whose epoch advances for as long as it lives.
///
/// # Errors
/// Where wasmtime does not support this machine.
pub(crate) fn new(config: &SandboxConfig, metering: Metering) -> Result<Engine, EngineError> {
    let mut settings = settings(metering);
    settings.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config)));
    // The pool is reserved here and now, so this is the probe as well.
    let engine = match Engine::new(&settings) {
        Ok(engine) => engine,
        Err(reason) => {
            tracing::warn!(
                capacity = config.capacity,
                "no address space for a pool of instances, allocating them one by one: {reason:#}"
            );
            settings.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            Engine::new(&settings).map_err(|reason| unsupported(&reason))?
        }
    };
    tick(engine.weak())?;
    Ok(engine)
}

/// An engine that only compiles, on the caller's thread. Its code fits the engine
/// of the same metering that [`new`] makes: how instances are allocated does not
/// show in it.
///
/// # Errors
/// Where wasmtime does not support this machine.
pub(crate) fn compiler(metering: Metering) -> Result<Engine, EngineError> {
    let mut settings = settings(metering);
    settings.parallel_compilation(false);
    Engine::new(&settings).map_err(|reason| unsupported(&reason))
}

fn unsupported(reason: &wasmtime::Error) -> EngineError {
    EngineError::Unsupported(format!("{reason:#}"))
}

fn settings(metering: Metering) -> Config {
    let mut config = Config::new();
    config.consume_fuel(metering == Metering::Metered);
    config.epoch_interruption(true);
    config.wasm_features(WasmFeatures::all().difference(FEATURES), false);
    // Halves the cost of a run.
    config.concurrency_support(false);
    // Names are enough, and have a section of their own. All of this would only
    // make code larger, on the disk and in memory.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(64));
    config.generate_address_map(false);
    config.debug_symbols(false);
    config.native_unwind_info(false);
    // Two bytes far apart must not become megabytes of image in between.
    config.memory_guaranteed_dense_image_size(1 << 20);
    config.max_wasm_stack(512 << 10);
    config.async_stack_size(1 << 20);
    config
}

fn pool(config: &SandboxConfig) -> PoolingAllocationConfig {
    let attempts = config.capacity.saturating_add(SPARE);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(attempts);
    pool.total_stacks(attempts);
    // As much of everything as each attempt may take, so that no attempt has to
    // wait for what another one holds. This is address space, not memory.
    let each = |bound: u64| u32::try_from(bound).unwrap_or(u32::MAX);
    let bounds = &config.caps.bounds;
    let (instances, memories, tables) =
        (each(bounds.instances), each(bounds.memories), each(bounds.tables));
    pool.total_core_instances(attempts.saturating_mul(instances));
    pool.total_memories(attempts.saturating_mul(memories));
    pool.total_tables(attempts.saturating_mul(tables));
    pool.max_core_instances_per_component(instances);
    pool.max_memories_per_component(memories);
    pool.max_tables_per_component(tables);
    pool.table_elements(usize::try_from(bounds.table_elements).unwrap_or(usize::MAX));
    pool.max_memory_size(usize::try_from(config.caps.memory).unwrap_or(usize::MAX));
    pool
}

/// Advances the epoch from a thread of its own: on the async runtime, a guest
/// that spins could starve the very clock that is to stop it. The engine is held
/// weakly, so the thread ends with it.
fn tick(engine: EngineWeak) -> Result<(), EngineError> {
    thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })
        .map(drop)
        .map_err(EngineError::Thread)
}

#[cfg(test)]
mod tests;
