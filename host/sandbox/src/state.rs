//! What belongs to one attempt while it runs.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use horarium_core::{
    attempt::{Observer, Progress},
    effects::Effects,
    grants::{Clocks, Grants},
    limits::Limits,
    log::{Level, Source},
    net::http::HttpLimits,
    redact::Redactor,
};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use crate::{
    capability::{
        self, Opened, Outside, Setup, checkpoint::Saves, files::Budget, http::Http,
        lookups::Lookups, names::Names, state::Buckets, tasks::Starts,
    },
    capture::{Capture, Entry},
    entry::Program,
    memory::MemoryMeter,
};

/// A capture that the guest's log and its standard streams share. What goes in has
/// no secrets any more.
#[derive(Clone)]
pub(crate) struct SharedCapture {
    capture: Arc<Mutex<Capture>>,
    redactor: Redactor,
}

impl SharedCapture {
    pub(crate) fn new(capture: Capture, redactor: Redactor) -> Self {
        Self { capture: Arc::new(Mutex::new(capture)), redactor }
    }

    /// What takes the task's secrets out of a text.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// From here on, everybody who has it speaks to this one.
    pub(crate) fn renew(&self, capture: Capture) {
        *self.lock() = capture;
    }

    /// Takes what the guest has to say.
    pub(crate) fn entry(&self, entry: &Entry<'_>) {
        let redactor = &self.redactor;
        self.lock().entry(&Entry {
            target: &redactor.redact(entry.target),
            message: &redactor.redact(entry.message),
            place: entry.place.as_deref().map(|place| redactor.redact(place).into_owned()),
            ..*entry
        });
    }

    /// Takes what the host has to say about the guest.
    pub(crate) fn note(&self, message: &str) {
        let (level, source) = (Level::Warn, Source::Host);
        self.entry(&Entry { level, source, target: "", message, place: None });
    }

    /// Passes on how far the guest is.
    pub(crate) fn progress(&self, progress: Progress) {
        self.lock().progress(progress);
    }

    /// Who listens to this attempt, even when another one has begun.
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        self.lock().observer()
    }

    /// Hands over what was kept for the end.
    pub(crate) fn finish(&self) {
        self.lock().finish();
    }

    fn lock(&self) -> MutexGuard<'_, Capture> {
        // A panic of an observer leaves a capture that is still a capture.
        self.capture.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that nobody listens to.
    #[cfg(test)]
    pub(crate) fn nobodys() -> Self {
        struct Nobody;
        impl Observer for Nobody {
            fn log(&self, _line: horarium_core::log::LogLine) {}
            fn progress(&self, _progress: Progress) {}
        }
        Self::new(Capture::new(Arc::new(Nobody), 0, 1), Redactor::default())
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
    /// How finely its clocks tell the time.
    pub(crate) precision: Clocks,
    /// What it may still write to files.
    pub(crate) written: Budget,
    /// The names that it may reach, and where they led.
    pub(crate) names: Names,
    /// What it leaves to the next attempt.
    pub(crate) saves: Saves,
    /// What it keeps from one run to the next.
    pub(crate) buckets: Buckets,
    /// What it wants to start.
    pub(crate) starts: Starts,
    wasi: WasiCtx,
    http: Http,
    table: ResourceTable,
}

/// What is one attempt's alone.
pub(crate) struct Own {
    pub(crate) capture: Capture,
    pub(crate) saves: Saves,
    pub(crate) buckets: Buckets,
    pub(crate) starts: Starts,
}

impl State {
    /// # Errors
    /// Where what is granted can't be handed over; the text names it.
    pub(crate) fn new(
        grants: &Grants,
        program: &Program,
        opened: Opened,
        outside: &Outside,
        own: Own,
        limits: &Limits,
        deadline: Instant,
    ) -> Result<Self, String> {
        let Own { capture, saves, buckets, starts } = own;
        let capture = SharedCapture::new(capture, grants.redactor().clone());
        let (stdout, stderr) = capability::stdio::lines(&capture);
        let lookups = Lookups::new(outside.resolver.clone());
        let http = Http::new(&grants.http, HttpLimits::of(&limits.bounds), &lookups, &capture);
        let endpoints = grants.tcp.iter().chain(&grants.udp);
        let names = Names::new(endpoints, lookups, capture.clone());
        let setup = Setup {
            grants,
            program,
            limits,
            opened,
            names: &names,
            stdout: &stdout,
            stderr: &stderr,
        };
        let wasi = setup.context()?;
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(limits.bounds.resources).unwrap_or(usize::MAX));
        Ok(Self {
            written: Budget::new(grants.write_limit, capture.clone()),
            capture,
            stdout,
            stderr,
            memory: MemoryMeter::new(limits),
            deadline,
            called: false,
            progress: None,
            panic: None,
            precision: grants.clocks,
            names,
            saves,
            buckets,
            starts,
            wasi,
            http,
            table,
        })
    }
}

impl State {
    /// Begins another attempt of the same task in the same instance: whatever is
    /// counted, promised or said for one attempt begins anew, and what the guest
    /// holds stays.
    pub(crate) fn renew(&mut self, own: Own, deadline: Instant) {
        let Own { capture, saves, buckets, starts } = own;
        self.saves = saves;
        self.buckets = buckets;
        self.starts = starts;
        self.capture.renew(capture);
        self.stdout.renew();
        self.stderr.renew();
        self.memory.renew();
        self.deadline = deadline;
        self.progress = None;
        self.panic = None;
        self.written.renew();
        self.names.renew();
        self.http.renew();
    }

    /// What is to become real with the attempt's success.
    pub(crate) fn take_effects(&mut self) -> Effects {
        Effects { state: self.buckets.take(), spawns: self.starts.take() }
    }

    /// Has the attempt's memory pay for what the host holds for it, and so much more that
    /// it is about to. Says whether there is room for that.
    pub(crate) fn hold(&mut self, more: u64) -> bool {
        let size = self.buckets.size().saturating_add(self.starts.size());
        let has_room = self.memory.hold(size.saturating_add(more));
        if !has_room {
            self.memory.hold(size);
        }
        has_room
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
