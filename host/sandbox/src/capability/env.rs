//! Environment and arguments: nothing is inherited, and what is granted is all there
//! is. A program finds there as well what it is run for.

use horarium_core::grants::Grants;
use wasmtime::component::Linker;
use wasmtime_wasi::{
    WasiCtxBuilder,
    cli::{WasiCli, WasiCliView},
    p2::bindings::cli::environment,
};

use crate::{entry::Program, state::State};

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    environment::add_to_linker::<_, WasiCli>(linker, State::cli)
}

pub(super) fn prepare(builder: &mut WasiCtxBuilder, program: &Program, grants: &Grants) {
    builder.args(&program.args).envs(&program.env);
    for variable in grants.env.variables() {
        builder.env(&variable.name, variable.value.reveal());
    }
}
