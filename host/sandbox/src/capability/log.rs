//! `horarium:task/log`: the guest's own log, always there, bounded by the capture.

use horarium_core::{
    log::{Level, Source},
    redact::Redactor,
    text,
};
use wasmtime::component::{HasSelf, Linker};

use crate::{
    bindings::horarium::task::{log, types},
    capture::Entry,
    state::State,
};

/// The longest panic message that is kept, in bytes.
const PANIC: usize = 4 << 10;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    log::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

impl types::Host for State {}

impl log::Host for State {
    fn emit(&mut self, entry: log::Entry) {
        self.capture.entry(&Entry {
            level: level(entry.level),
            source: Source::Log,
            target: &entry.target,
            message: &entry.message,
            place: entry.place.as_ref().map(|at| place(at, self.capture.redactor())),
        });
    }

    fn panicked(&mut self, message: String, at: Option<log::Place>) {
        // Before it is cut: half a secret is not found.
        let message = self.capture.redactor().redact(&message);
        let message = text::beginning(&message, PANIC);
        let place = at.as_ref().map(|at| place(at, self.capture.redactor()));
        self.capture.entry(&Entry {
            level: Level::Error,
            source: Source::Log,
            target: "panic",
            message,
            place: place.clone(),
        });
        let message = text::escape(message);
        self.panic = Some(match place {
            Some(place) => format!("panicked at {place}: {message}"),
            None => format!("panicked: {message}"),
        });
    }
}

fn level(level: log::Level) -> Level {
    match level {
        log::Level::Trace => Level::Trace,
        log::Level::Debug => Level::Debug,
        log::Level::Info => Level::Info,
        log::Level::Warn => Level::Warn,
        log::Level::Error => Level::Error,
    }
}

fn place(place: &log::Place, redactor: &Redactor) -> String {
    // Before it is cut, as well.
    let file = redactor.redact(&place.file);
    format!("{}:{}", text::shown(&file, 256), place.line)
}
