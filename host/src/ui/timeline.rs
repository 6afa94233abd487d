//! Recent and coming runs: a lane a task, two thirds of it past.

use jiff::{SignedDuration, Timestamp};

use super::{
    badge::{Badge, TROUBLE},
    chart::percent,
    lane::Lane,
    words::utc,
};

/// The widths that there are: the word in an address, the one on the page, minutes, and
/// minutes between two ticks.
const WIDTHS: [(&str, &str, i64, i64); 4] = [
    ("10m", "10 min", 10, 2),
    ("1h", "1 h", 60, 10),
    ("6h", "6 h", 360, 60),
    ("24h", "24 h", 1_440, 240),
];

/// The time that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) now: Timestamp,
    pub(super) to: Timestamp,
    width: usize,
}

impl Window {
    /// The window of a width by its word; an hour where there is no such width.
    pub(super) fn of(word: Option<&str>, now: Timestamp) -> Self {
        let width = WIDTHS.iter().position(|width| Some(width.0) == word).unwrap_or(1);
        let third = SignedDuration::from_secs(WIDTHS[width].2 * 20);
        let from = now.checked_sub(third * 2).unwrap_or(now);
        let to = now.checked_add(third).unwrap_or(now);
        Self { from, now, to, width }
    }

    /// Where an instant is, in percent; what is outside is at the edge.
    pub(super) fn x(&self, at: Timestamp) -> f64 {
        let whole = self.to.duration_since(self.from).as_secs_f64();
        let part = at.duration_since(self.from).as_secs_f64();
        (part / whole.max(1.0) * 100.0).clamp(0.0, 100.0)
    }

    fn ticks(&self) -> Vec<Tick> {
        let step = WIDTHS[self.width].3 * 60;
        let first = self.from.as_second().div_euclid(step) + 1;
        let instants = (first..).map_while(|count| Timestamp::from_second(count * step).ok());
        let shown = instants.take_while(|at| *at < self.to).map(|at| {
            let x = self.x(at);
            // There stands the time that it is, or the head of the next column.
            let near = (x - self.x(self.now)).abs() < 6.0 || x > 97.0;
            Tick { x: percent(x), label: (!near).then(|| utc(at, "%H:%M")) }
        });
        shown.collect()
    }
}

/// The lanes, and what is above them.
pub(super) struct Timeline {
    pub(super) now: String,
    pub(super) widths: Vec<(&'static str, &'static str, bool)>,
    pub(super) ticks: Vec<Tick>,
    pub(super) lanes: Vec<Lane>,
}

pub(super) struct Tick {
    pub(super) x: String,
    pub(super) label: Option<String>,
}

impl Timeline {
    pub(super) fn new(window: Window, lanes: Vec<Lane>) -> Self {
        let widths = WIDTHS.iter().enumerate();
        Self {
            now: utc(window.now, "%H:%M"),
            widths: widths.map(|(place, it)| (it.0, it.1, place == window.width)).collect(),
            ticks: window.ticks(),
            lanes,
        }
    }

    /// What is flagged, and how.
    pub(super) fn flags(&self) -> impl Iterator<Item = Badge> {
        let others = ["expired", "skipped", "cancelled", "retry_wait"];
        TROUBLE.into_iter().chain(others).map(Badge::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn window() -> Window {
        Window::of(Some("1h"), at("2026-03-27T14:32:00Z"))
    }

    #[test]
    fn now_is_at_two_thirds() {
        let window = window();
        assert_eq!(window.from, at("2026-03-27T13:52:00Z"));
        assert_eq!(window.to, at("2026-03-27T14:52:00Z"));
        assert_eq!(percent(window.x(window.now)), "66.67");
        assert_eq!(percent(window.x(Timestamp::MIN)), "0.00");
        assert_eq!(percent(window.x(Timestamp::MAX)), "100.00");
        let labels: Vec<_> = window.ticks().into_iter().map(|tick| tick.label).collect();
        let labels: Vec<_> = labels.iter().map(|label| label.as_deref().unwrap_or("")).collect();
        assert_eq!(labels, ["14:00", "14:10", "14:20", "", "14:40", "14:50"]);
        let at_the_edge = Window::of(Some("1h"), at("2026-03-27T14:40:30Z")).ticks();
        assert_eq!(at_the_edge.last().unwrap().label, None, "the next column begins there");
        assert_eq!(Window::of(Some("a week"), window.now), window);
    }
}
