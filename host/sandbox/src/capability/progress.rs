//! `horarium:task/progress`: how far the guest is, for whoever watches.

use horarium_core::attempt::Progress;

use crate::{bindings::horarium::task::progress, state::State, text};

/// The longest note that is shown, in bytes.
const NOTE: usize = 256;

impl progress::Host for State {
    fn report(&mut self, fraction: Option<f32>, note: Option<String>) {
        let fraction = fraction.filter(|fraction| fraction.is_finite());
        self.capture.lock().progress(Progress {
            fraction: fraction.map(|fraction| fraction.clamp(0.0, 1.0)),
            note: note.map(|note| text::escape(text::beginning(&note, NOTE))),
        });
    }
}
