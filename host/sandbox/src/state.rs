//! What belongs to one attempt while it runs.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use horarium_core::{grants::Grants, limits::Limits, net::http::HttpLimits};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use crate::{capability, capture::Capture, entry::Program, memory::MemoryMeter};

/// A capture that the guest's log and its standard streams share.
#[derive(Clone)]
pub(crate) struct SharedCapture(Arc<Mutex<Capture>>);

impl SharedCapture {
    pub(crate) fn new(capture: Capture) -> Self {
        Self(Arc::new(Mutex::new(capture)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Capture> {
        // A panic of an observer leaves a capture that is still a capture.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The data of an attempt's store.
pub(crate) struct State {
    pub(crate) capture: SharedCapture,
    pub(crate) stdout: capability::stdio::Lines,
    pub(crate) stderr: capability::stdio::Lines,
    pub(crate) memory: MemoryMeter,
    pub(crate) deadline: Instant,
    /// Whether its instance is made, and its function called.
    pub(crate) called: bool,
    /// When its last progress was passed on.
    pub(crate) progress: Option<Instant>,
    /// What the guest said about the panic that is to follow.
    pub(crate) panic: Option<String>,
    wasi: WasiCtx,
    http: capability::http::Http,
    table: ResourceTable,
}

impl State {
    /// # Errors
    /// Where a granted directory can't be opened; the text names it.
    pub(crate) fn new(
        grants: &Grants,
        program: &Program,
        capture: Capture,
        limits: &Limits,
        deadline: Instant,
    ) -> Result<Self, String> {
        let capture = SharedCapture::new(capture);
        let (stdout, stderr) = capability::stdio::lines(&capture);
        let wasi = capability::wasi::context(grants, program, limits, &stdout, &stderr)?;
        let http = capability::http::Http::new(&grants.http, HttpLimits::DEFAULT, &capture);
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(limits.bounds.resources).unwrap_or(usize::MAX));
        Ok(Self {
            capture,
            stdout,
            stderr,
            memory: MemoryMeter::new(limits),
            deadline,
            called: false,
            progress: None,
            panic: None,
            wasi,
            http,
            table,
        })
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.http.view(&mut self.table)
    }
}
