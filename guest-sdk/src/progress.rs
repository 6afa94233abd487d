//! How far the attempt is, for people who watch.
//!
//! Outside of a plugin, reports are `debug` entries of the [`log`] crate with the
//! target `horarium_sdk::progress`.

/// Says how much is done, between 0 and 1, and what is going on.
///
/// A fraction outside of that range counts as the nearest bound, one that is not
/// a number as unknown.
pub fn report(fraction: f32, note: impl Into<String>) {
    send(known(fraction), Some(note.into()));
}

/// Says how much is done, between 0 and 1; see [`report`].
pub fn fraction(fraction: f32) {
    send(known(fraction), None);
}

/// Says what is going on where nobody can tell how much is done.
pub fn note(note: impl Into<String>) {
    send(None, Some(note.into()));
}

fn known(fraction: f32) -> Option<f32> {
    (!fraction.is_nan()).then(|| fraction.clamp(0.0, 1.0))
}

#[cfg(target_family = "wasm")]
fn send(fraction: Option<f32>, note: Option<String>) {
    crate::component::report_progress(fraction, note.as_deref());
}

#[cfg(not(target_family = "wasm"))]
fn send(fraction: Option<f32>, note: Option<String>) {
    let percent = fraction.map(|fraction| format!("{:.0} %", fraction * 100.0));
    let parts: Vec<_> = [percent, note].into_iter().flatten().collect();
    log::debug!("{}", parts.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_stay_between_nothing_and_all() {
        assert_eq!(known(0.25), Some(0.25));
        assert_eq!(known(-1.0), Some(0.0));
        assert_eq!(known(f32::INFINITY), Some(1.0));
        assert_eq!(known(f32::NAN), None);
    }
}
