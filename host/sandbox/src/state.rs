//! What belongs to one attempt while it runs.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use horarium_core::grants::Grants;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{capability, capture::Capture, entry::Program, memory::MemoryMeter};

/// Handles that a guest may hold on things of the host: files, streams, polls.
///
/// Few, since an open directory listing is held by the host whole.
const HANDLES: usize = 128;

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
    /// When its last progress was passed on.
    pub(crate) progress: Option<Instant>,
    /// What the guest said about the panic that is to follow.
    pub(crate) panic: Option<String>,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl State {
    /// # Errors
    /// Where a granted directory can't be opened; the text names it.
    pub(crate) fn new(
        grants: &Grants,
        program: &Program,
        capture: Capture,
        memory: u64,
        deadline: Instant,
    ) -> Result<Self, String> {
        let capture = SharedCapture::new(capture);
        let (stdout, stderr) = capability::stdio::lines(&capture);
        let wasi = capability::wasi::context(grants, program, &stdout, &stderr)?;
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Ok(Self {
            capture,
            stdout,
            stderr,
            memory: MemoryMeter::new(memory),
            deadline,
            progress: None,
            panic: None,
            wasi,
            table,
        })
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
