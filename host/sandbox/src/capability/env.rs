//! The environment: nothing is inherited, and what is granted is all there is.

use horarium_core::grants::Grants;
use wasmtime::component::Linker;
use wasmtime_wasi::{
    WasiCtxBuilder,
    cli::{WasiCli, WasiCliView},
    p2::bindings::cli::environment,
};

use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    environment::add_to_linker::<_, WasiCli>(linker, State::cli)
}

pub(super) fn prepare(builder: &mut WasiCtxBuilder, grants: &Grants) {
    for variable in grants.env.variables() {
        builder.env(&variable.name, variable.value.reveal());
    }
}
