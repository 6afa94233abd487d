//! Raw wasmtime: what a run costs before Horarium adds anything to it. The same
//! component under the same engine and the same limits, with nothing recorded.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use horarium_core::limits::Limits;
use wasmtime::{
    Engine, Store, StoreLimits, StoreLimitsBuilder,
    component::{Component, HasSelf, Linker, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

wasmtime::component::bindgen!({
    path: "../wit",
    world: "horarium:task/plugin",
    exports: { default: async },
});

use horarium::task::{log, progress, types};

pub(crate) struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

/// More than anything here uses.
const FUEL: u64 = 1 << 50;

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl types::Host for State {}

impl log::Host for State {
    fn emit(&mut self, _entry: log::Entry) {}
    fn panicked(&mut self, _message: String, _place: Option<log::Place>) {}
}

impl progress::Host for State {
    fn report(&mut self, _fraction: Option<f32>, _note: Option<String>) {}
}

/// The component under a given engine, linked.
#[derive(Clone)]
pub(crate) struct Floor {
    pre: PluginPre<State>,
    metered: bool,
}

impl Floor {
    /// `metered` says whether the engine counts fuel and has epochs.
    pub(crate) fn new(engine: &Engine, bytes: &[u8], metered: bool) -> wasmtime::Result<Self> {
        let mut linker = Linker::<State>::new(engine);
        types::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        log::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        progress::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        let component = Component::from_binary(engine, bytes)?;
        Ok(Self { pre: PluginPre::new(linker.instantiate_pre(&component)?)?, metered })
    }

    /// One run: store, instance, call, drop.
    pub(crate) async fn once(&self, function: &str, args: &str) -> wasmtime::Result<()> {
        let limits = Limits::DEFAULT;
        let memory = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        let state = State {
            wasi: WasiCtx::builder().build(),
            table: ResourceTable::new(),
            limits: StoreLimitsBuilder::new().memory_size(memory).build(),
        };
        let mut store = Store::new(self.pre.engine(), state);
        store.limiter(|state| &mut state.limits);
        if self.metered {
            store.set_fuel(FUEL)?;
            store.set_epoch_deadline(1_000_000);
        }
        let context = types::Context {
            task: "floor".to_owned(),
            function: function.into(),
            run_id: "floor-1".to_owned(),
            attempt: 1,
            max_attempts: 1,
            trigger: "manual".to_owned(),
            scheduled_for: 0,
            deadline: 0,
        };
        let guest = self.pre.instantiate_async(&mut store).await?;
        let answer = guest.horarium_task_guest().call_run(&mut store, &context, args).await?;
        answer.map_err(|failure| wasmtime::Error::msg(failure.message)).map(drop)
    }
}

/// Runs a second, on as many workers as the runtime has threads.
pub(crate) async fn runs_per_second(
    engine: &Engine,
    bytes: &[u8],
    workers: usize,
    length: Duration,
) -> wasmtime::Result<f64> {
    let floor = Floor::new(engine, bytes, true)?;
    let count = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..workers)
        .map(|_| {
            let (floor, count, stop) = (floor.clone(), count.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    floor.once("noop", "null").await?;
                    count.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
                wasmtime::error::Ok(())
            })
        })
        .collect();
    let start = Instant::now();
    tokio::time::sleep(length).await;
    let (done, elapsed) = (count.load(Ordering::Relaxed), start.elapsed());
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds, not of atoms")]
    Ok(done as f64 / elapsed.as_secs_f64())
}
