//! Random bytes: as many as a guest likes, some at a time.

use horarium_core::limits::Limits;
use wasmtime::component::Linker;
use wasmtime_wasi::{
    WasiCtxBuilder,
    p2::bindings::random,
    random::{WasiRandom, WasiRandomView},
};

use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    random::random::add_to_linker::<_, WasiRandom>(linker, State::random)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, State::random)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, State::random)
}

pub(super) fn prepare(builder: &mut WasiCtxBuilder, limits: &Limits) {
    builder.max_random_size(limits.bounds.random);
}
