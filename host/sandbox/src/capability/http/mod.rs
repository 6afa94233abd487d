//! `wasi:http`: outgoing requests, each one checked against the grants, and sent by
//! the host's own hands.
//!
//! A request is parsed once, and what goes on the wire is made of what was checked.
//! A name is looked up once, and each connection goes to an address that was checked:
//! who owns the name can't point it elsewhere in between. Nobody follows a redirect
//! but the guest, whose next request is checked as any other. Each phase has a
//! timeout, each direction a budget of bytes, and all that runs in the background
//! ends with the attempt's store.

mod admission;
mod body;
mod connect;
mod credential;
mod exchange;
mod handler;
mod heads;
mod hooks;
mod notes;
mod patience;
mod request;
mod send;
mod session;
mod telling;
#[cfg(test)]
mod tests;
mod tls;
mod web;

use horarium_core::net::http::{HttpGrant, HttpLimits};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi_http::{
    WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpView,
    p2::bindings::{LinkOptions, http::types},
};

use self::hooks::Hooks;
use super::lookups::Lookups;
use crate::state::{SharedCapture, State};

/// Links what a guest needs to send requests. A guest that doesn't import it pays
/// nothing for it.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let options = LinkOptions::default();
    types::add_to_linker::<_, WasiHttp>(linker, &options.into(), WasiHttpView::http)?;
    request::link(linker)?;
    handler::link(linker)
}

/// What an attempt has of HTTP.
pub(crate) struct Http {
    ctx: WasiHttpCtx,
    hooks: Hooks,
}

impl Http {
    /// Prepares an attempt; what costs anything waits for the first request.
    pub(crate) fn new(
        grants: &[HttpGrant],
        limits: HttpLimits,
        lookups: &Lookups,
        capture: &SharedCapture,
    ) -> Self {
        let mut ctx = WasiHttpCtx::new();
        ctx.set_field_size_limit(limits.headers_length());
        Self { ctx, hooks: Hooks::new(grants, limits, lookups, capture) }
    }

    /// Begins another attempt.
    pub(crate) fn renew(&mut self) {
        self.hooks.renew();
    }

    /// For a moment, as wasmtime wants to see it.
    pub(crate) fn view<'a>(&'a mut self, table: &'a mut ResourceTable) -> WasiHttpCtxView<'a> {
        WasiHttpCtxView { hooks: &mut self.hooks, table, ctx: &mut self.ctx }
    }
}
