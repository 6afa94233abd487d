//! `wasi:io`: waiting, and the streams that everything else hands out.

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::{WasiView, p2::bindings::io};

use crate::state::State;

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

fn table(state: &mut State) -> &mut ResourceTable {
    state.ctx().table
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    io::error::add_to_linker::<_, Table>(linker, table)?;
    io::poll::add_to_linker::<_, Table>(linker, table)?;
    io::streams::add_to_linker::<_, Table>(linker, table)
}
