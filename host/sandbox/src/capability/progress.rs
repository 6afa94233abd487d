//! `horarium:task/progress`: how far the guest is, for whoever watches.

use std::time::{Duration, Instant};

use horarium_core::attempt::Progress;

use crate::{bindings::horarium::task::progress, state::State};
use horarium_core::text;

/// The shortest time between two reports that are passed on. What a guest says
/// in between is nobody's loss: a later report replaces an earlier one.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest note that is shown, in bytes.
const NOTE: usize = 256;

impl progress::Host for State {
    fn report(&mut self, fraction: Option<f32>, note: Option<String>) {
        let now = Instant::now();
        if self.progress.is_some_and(|last| now.duration_since(last) < PAUSE) {
            return;
        }
        self.progress = Some(now);
        let fraction = fraction.filter(|fraction| fraction.is_finite());
        self.capture.lock().progress(Progress {
            fraction: fraction.map(|fraction| fraction.clamp(0.0, 1.0)),
            note: note.map(|note| text::escape(text::beginning(&note, NOTE))),
        });
    }
}
