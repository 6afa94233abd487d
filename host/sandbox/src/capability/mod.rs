//! What a guest can do, one capability a file.

pub(crate) mod http;
pub(crate) mod log;
pub(crate) mod progress;
pub(crate) mod stdio;
pub(crate) mod wasi;

use wasmtime::component::{HasSelf, Linker};

use crate::{bindings::horarium::task, state::State};

/// Links everything that a guest may import. Whether it gets anything by it, its
/// grants decide for each attempt.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    task::log::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    task::progress::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    http::link(linker)
}
