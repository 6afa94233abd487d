//! What the host says in the attempt's log about the requests that it stopped.

use std::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};

use horarium_core::{
    log::{Level, Source},
    text,
};

use crate::{capture::Entry, state::SharedCapture};

/// Notes that an attempt gets: who is refused this often knows it.
const NOTES: u32 = 32;

/// The longest note, in bytes. It may hold a path of the guest's.
const NOTE: usize = 1 << 10;

/// Where the notes of one attempt go.
pub(super) struct Notes {
    capture: SharedCapture,
    written: AtomicU32,
}

impl Notes {
    pub(super) fn new(capture: &SharedCapture) -> Self {
        Self { capture: capture.clone(), written: AtomicU32::new(0) }
    }

    /// Writes a line, unless there were too many already.
    pub(super) fn warn(&self, note: fmt::Arguments<'_>) {
        match self.written.fetch_add(1, Ordering::Relaxed) {
            0..NOTES => self.write(&note.to_string()),
            NOTES => self.write("more requests were stopped; nothing is said of them"),
            // Far from coming round: each note takes a request.
            _ => {}
        }
    }

    fn write(&self, note: &str) {
        self.capture.entry(&Entry {
            level: Level::Warn,
            source: Source::Host,
            target: "http",
            message: text::beginning(note, NOTE),
            place: None,
        });
    }
}
