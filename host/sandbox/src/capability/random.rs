//! Random bytes: as many as a guest likes, some at a time.

use wasmtime::component::Linker;
use wasmtime_wasi::{
    WasiCtxBuilder,
    p2::bindings::random,
    random::{WasiRandom, WasiRandomView},
};

use crate::state::State;

/// Random bytes that a guest may ask for at once.
const MOST: u64 = 1 << 20;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    random::random::add_to_linker::<_, WasiRandom>(linker, State::random)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, State::random)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, State::random)
}

pub(super) fn prepare(builder: &mut WasiCtxBuilder) {
    builder.max_random_size(MOST);
}
