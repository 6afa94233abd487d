//! How far a run is, as its guest tells it.

use askama::{Template, filters::HtmlSafe};
use horarium_core::{attempt, run::RunId};
use horarium_engine::UnderWay;

use super::words::line;

/// How far, in words of the guest's.
#[derive(Debug, PartialEq, Eq, Template)]
#[template(path = "progress.html")]
pub(super) struct Progress {
    percent: Option<u8>,
    note: Option<String>,
}

impl HtmlSafe for Progress {}

impl Progress {
    /// What a run's guest said last; none where it said nothing, or does not run.
    pub(super) fn of(under_way: &[UnderWay], run: RunId) -> Option<Self> {
        let found = under_way.iter().find(|attempt| attempt.lease.run == run)?;
        found.progress.as_ref().map(Self::from)
    }

    fn from(told: &attempt::Progress) -> Self {
        let percent = told.fraction.map(|fraction| (fraction.clamp(0.0, 1.0) * 100.0).round());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 0 and 100"
        )]
        let percent = percent.map(|percent| percent as u8);
        Self { percent, note: told.note.as_deref().map(line) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_never_further_than_at_the_end() {
        for (fraction, percent) in [
            (Some(0.624), Some(62)),
            (Some(-1.0), Some(0)),
            (Some(f32::INFINITY), Some(100)),
            (None, None),
        ] {
            let told = attempt::Progress { fraction, note: Some("<b>\u{202e}".to_owned()) };
            let progress = Progress::from(&told);
            assert_eq!(progress.percent, percent);
            let shown = progress.to_string();
            assert!(shown.contains("\\u{202e}") && !shown.contains("<b>"), "{shown}");
        }
    }
}
