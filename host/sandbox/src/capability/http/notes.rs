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
        // Before it is cut: half a secret is not found.
        let note = self.capture.redactor().redact(note);
        self.capture.entry(&Entry {
            level: Level::Warn,
            source: Source::Host,
            target: "http",
            message: text::beginning(&note, NOTE),
            place: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use horarium_core::{
        attempt::{Observer, Progress},
        log::LogLine,
        redact::Redactor,
    };

    use super::*;
    use crate::capture::Capture;

    #[derive(Default)]
    struct Lines(Mutex<Vec<LogLine>>);

    impl Observer for Lines {
        fn log(&self, line: LogLine) {
            self.0.lock().unwrap().push(line);
        }

        fn progress(&self, _: Progress) {}
    }

    #[test]
    fn a_secret_is_found_where_the_note_is_cut() {
        let lines = Arc::new(Lines::default());
        let capture = Capture::new(lines.clone(), 1 << 20, 1_000);
        let capture = SharedCapture::new(capture, Redactor::new([("KEY", "hunter2hunter2")]));
        let filling = "x".repeat(NOTE - 5);
        Notes::new(&capture).warn(format_args!("{filling}hunter2hunter2"));
        capture.finish();
        let lines = lines.0.lock().unwrap();
        assert!(lines[0].message.ends_with("x[reda"), "{lines:?}");
    }
}
