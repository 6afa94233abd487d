//! The wasmtime engine: what is on, what is off, and who moves its epochs.

use std::{num::NonZeroUsize, thread, time::Duration};

use horarium_core::limits::Caps;
use wasmtime::{
    Config, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use crate::error::EngineError;

/// How often the epoch advances: how long a guest may keep a thread to itself,
/// and how late a timeout may be.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Attempts beside those of the host's capacity: plugins that are being asked
/// what functions they have.
const SPARE: u32 = 4;

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

/// An engine whose epoch advances for as long as it lives.
///
/// # Errors
/// Where wasmtime does not support this machine.
pub(crate) fn new(config: &SandboxConfig) -> Result<Engine, EngineError> {
    let mut settings = settings();
    settings.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config)));
    let engine = match Engine::new(&settings) {
        Ok(engine) => engine,
        Err(reason) => {
            tracing::warn!(
                capacity = config.capacity,
                "no address space for a pool of instances, allocating them one by one: {reason:#}"
            );
            settings.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            Engine::new(&settings)
                .map_err(|reason| EngineError::Unsupported(format!("{reason:#}")))?
        }
    };
    tick(engine.weak())?;
    Ok(engine)
}

fn settings() -> Config {
    let mut config = Config::new();
    config.consume_fuel(true);
    config.epoch_interruption(true);
    // Nothing here needs these, and most of the year's advisories sit there.
    // Halves the cost of a run, too.
    config.concurrency_support(false);
    config.wasm_memory64(false);
    config.wasm_gc(false);
    // Names are enough; line tables would cost memory for each plugin.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(64));
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
