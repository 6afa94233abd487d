//! `horarium:task/progress`: how far the guest is, for whoever watches.

use std::time::{Duration, Instant};

use horarium_core::{attempt::Progress, text};
use wasmtime::component::{HasSelf, Linker};

use crate::{bindings::horarium::task::progress, state::State};

/// The shortest time between two reports that are passed on. What a guest says
/// in between is nobody's loss: a later report replaces an earlier one.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest note that is shown, in bytes.
const NOTE: usize = 256;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    progress::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

impl progress::Host for State {
    fn report(&mut self, fraction: Option<f32>, note: Option<String>) {
        let now = Instant::now();
        if self.progress.is_some_and(|last| now.duration_since(last) < PAUSE) {
            return;
        }
        self.progress = Some(now);
        let fraction = fraction.filter(|fraction| fraction.is_finite());
        let redactor = self.capture.redactor();
        let shown = |note: String| text::shown(&redactor.redact(&note), NOTE);
        self.capture.progress(Progress {
            fraction: fraction.map(|fraction| fraction.clamp(0.0, 1.0)),
            note: note.map(shown),
        });
    }
}
