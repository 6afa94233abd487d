//! `wasi:cli/exit`: a way to end that is always there.

use wasmtime::component::Linker;
use wasmtime_wasi::{
    cli::{WasiCli, WasiCliView},
    p2::bindings::cli::exit,
};

use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    exit::add_to_linker::<_, WasiCli>(linker, State::cli)
}
