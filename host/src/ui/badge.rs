//! States as badges, which are never told by colour alone.

use askama::{Template, filters::HtmlSafe};
use horarium_core::{
    run::RunState,
    store::{AttemptView, Pause, RunView},
    verdict::VerdictKind,
};

/// A state: a sign and a word, and a colour on top of that.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<span class="st {{ class }}"><b aria-hidden="true">{{ sign }}</b>{{ word }}</span>"#
)]
pub(super) struct Badge {
    pub(super) sign: &'static str,
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

/// What it holds was escaped by its own template.
impl HtmlSafe for Badge {}

impl Badge {
    const UNKNOWN: Self = Self { sign: "?", class: "off", word: "unknown" };

    /// The badge for the word of a state, a verdict, an alert, or how a task, a plugin or a
    /// delivery stands.
    pub(super) fn of(word: &'static str) -> Self {
        let (sign, class) = match word {
            "succeeded" | "usable" | "recovery" | "delivered" => ("✓", "ok"),
            "failed" | "unusable" | "failure" | "given_up" => ("×", "bad"),
            "trapped" => ("!", "bad"),
            "lost" | "deadman" => ("?", "bad"),
            "quarantined" | "quarantine" => ("Q", "bad"),
            "timed_out" | "lateness" => ("T", "lim"),
            "out_of_fuel" => ("F", "lim"),
            "out_of_memory" => ("M", "lim"),
            "paused" => ("‖", "lim"),
            "running" => ("▸", "live"),
            "retry_wait" | "waiting" => ("↻", "wait"),
            "scheduled" => ("·", "wait"),
            "cancelled" => ("C", "off"),
            "expired" => ("E", "off"),
            "interrupted" => ("I", "off"),
            "conflicted" => ("⇄", "off"),
            _ => ("–", "off"),
        };
        Self { sign, class, word }
    }

    pub(super) fn state(state: RunState) -> Self {
        Self::of(state.as_str())
    }

    /// That of a run. Of one that its host left behind nobody knows how it stands.
    pub(super) fn run(run: &RunView) -> Self {
        match run.is_abandoned() {
            true => Self::UNKNOWN,
            false => Self::state(run.state),
        }
    }

    /// That of an attempt of a run.
    pub(super) fn attempt(attempt: &AttemptView, run: &RunView) -> Self {
        match attempt.verdict {
            None if run.is_abandoned() => Self::UNKNOWN,
            verdict => Self::verdict(verdict),
        }
    }

    pub(super) fn verdict(verdict: Option<VerdictKind>) -> Self {
        Self::of(verdict.map_or("running", VerdictKind::as_str))
    }

    pub(super) fn pause(pause: Pause) -> Self {
        Self::of(pause.as_str())
    }
}

/// Every state that a run can be in, in the order of its life.
pub(super) const STATES: [&str; 14] = [
    "scheduled",
    "running",
    "retry_wait",
    "succeeded",
    "failed",
    "timed_out",
    "out_of_fuel",
    "out_of_memory",
    "trapped",
    "lost",
    "conflicted",
    "skipped",
    "cancelled",
    "expired",
];

/// Those that are not over.
pub(super) const OPEN: [&str; 3] = ["scheduled", "running", "retry_wait"];

/// Those in which somebody may have to do something.
pub(super) const TROUBLE: [&str; 7] =
    ["failed", "timed_out", "out_of_fuel", "out_of_memory", "trapped", "lost", "conflicted"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_sign_of_its_own() {
        let mut signs: Vec<_> = STATES.iter().map(|word| Badge::of(word).sign).collect();
        signs.sort_unstable();
        signs.dedup();
        assert_eq!(signs.len(), STATES.len());
        assert!(STATES.iter().all(|word| RunState::is_word(word)));
        // A run is never left interrupted: it waits again.
        for verdict in VerdictKind::ALL.into_iter().filter(|kind| *kind != VerdictKind::Interrupted)
        {
            assert!(STATES.contains(&verdict.as_str()), "{verdict}");
        }
    }
}
