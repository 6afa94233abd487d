//! What a guest writes into a request, kept short: wasmtime bounds its headers and
//! its path, and keeps a method and an authority of any length for as long as there
//! is the request.

use horarium_core::net::{Target, http::Method as Granted};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::{
    WasiHttpCtxView, WasiHttpView,
    p2::{
        bindings::http::types::{HostOutgoingRequest as _, Method},
        types::HostOutgoingRequest,
    },
};

use crate::state::State;

/// What the guest gets to know.
type Set = Result<(), ()>;

/// Takes the place of what wasmtime has linked before.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let linked = shadow(linker);
    linker.allow_shadowing(false);
    linked
}

fn shadow(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut interface = linker.instance("wasi:http/types@0.2.12")?;
    interface.func_wrap(
        "[method]outgoing-request.set-method",
        |mut store, (request, method)| {
            Ok((set_method(&mut store.data_mut().http(), request, method)?,))
        },
    )?;
    interface.func_wrap(
        "[method]outgoing-request.set-authority",
        |mut store, (request, authority)| {
            Ok((set_authority(&mut store.data_mut().http(), request, authority)?,))
        },
    )
}

fn set_method(
    view: &mut WasiHttpCtxView<'_>,
    request: Resource<HostOutgoingRequest>,
    method: Method,
) -> wasmtime::Result<Set> {
    match &method {
        Method::Other(name) if name.len() > Granted::LONGEST => Ok(Err(())),
        _ => view.set_method(request, method),
    }
}

fn set_authority(
    view: &mut WasiHttpCtxView<'_>,
    request: Resource<HostOutgoingRequest>,
    authority: Option<String>,
) -> wasmtime::Result<Set> {
    match &authority {
        Some(name) if name.len() > Target::LONGEST => Ok(Err(())),
        _ => view.set_authority(request, authority),
    }
}
