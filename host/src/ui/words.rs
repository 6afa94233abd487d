//! Instants, lengths of time, numbers and results, as a page words them.

use std::{cmp::Ordering, time::Duration};

use askama::{Template, filters::HtmlSafe};
use horarium_core::{
    run::RunState,
    store::{RunView, WaitsFor},
    text::{beginning, escape},
    time::between,
};
use jiff::{Timestamp, tz::TimeZone};

use crate::output;

/// An instant, worded somehow; by its mark-up and its title it is always the same.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<time datetime="{{ at }}" title="{{ title }}">{{ text }}</time>"#
)]
pub(super) struct Moment {
    at: Timestamp,
    title: String,
    text: String,
}

/// What it holds was escaped by its own template.
impl HtmlSafe for Moment {}

impl Moment {
    fn new(at: Timestamp, text: String) -> Self {
        Self { at, title: format!("{} UTC", utc(at, "%a %Y-%m-%d %H:%M:%S")), text }
    }

    /// `8m 3s ago`, `in 53s`.
    pub(super) fn relative(at: Timestamp, now: Timestamp) -> Self {
        let text = match at.cmp(&now) {
            Ordering::Less => whole(between(at, now)).map(|past| format!("{past} ago")),
            Ordering::Equal => None,
            Ordering::Greater => whole(between(now, at)).map(|ahead| format!("in {ahead}")),
        };
        let text = text.unwrap_or_else(|| "now".to_owned());
        Self::new(at, text)
    }

    /// Date and time of day.
    pub(super) fn date(at: Timestamp) -> Self {
        Self::new(at, utc(at, "%Y-%m-%d %H:%M:%S"))
    }

    /// The time of day.
    pub(super) fn clock(at: Timestamp) -> Self {
        Self::new(at, utc(at, "%H:%M:%S"))
    }

    /// The time of day, to the millisecond.
    pub(super) fn fine(at: Timestamp) -> Self {
        Self::new(at, utc(at, "%H:%M:%S%.3f"))
    }

    /// Date and time of day somewhere.
    pub(super) fn there(at: Timestamp, zone: &TimeZone) -> Self {
        let text = at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string();
        Self::new(at, text)
    }
}

/// An instant in UTC.
pub(super) fn utc(at: Timestamp, format: &str) -> String {
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// The same in whole seconds; none where there is not one of them.
fn whole(length: Duration) -> Option<String> {
    Some(length.as_secs()).filter(|seconds| *seconds > 0).map(Duration::from_secs).map(span)
}

/// A length of time, in its two largest units.
pub(super) fn span(length: Duration) -> String {
    let millis = length.subsec_millis();
    match length.as_secs() {
        0 if length.is_zero() => "0s".to_owned(),
        0 if length.as_micros() < 1_000 => format!("{}µs", length.as_micros()),
        0 => format!("{millis}ms"),
        seconds @ 1..10 if millis > 0 => format!("{seconds}s {millis}ms"),
        seconds => {
            let units = [
                (seconds / 86_400, "d"),
                (seconds / 3_600 % 24, "h"),
                (seconds / 60 % 60, "m"),
                (seconds % 60, "s"),
            ];
            let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(3);
            let parts = units.iter().skip(first).take(2).filter(|(count, _)| *count > 0);
            parts.map(|(count, unit)| format!("{count}{unit}")).collect::<Vec<_>>().join(" ")
        }
    }
}

/// A number with a comma at every thousand.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How long a run took, or has been going on for; none where it has not begun.
pub(super) fn took(
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    now: Timestamp,
) -> Option<String> {
    started.map(|started| span(between(started, ended.unwrap_or(now))))
}

/// The most bytes of a text that stands in a row.
const ROW: usize = 300;

/// What came of a run, in a line.
pub(super) fn result(run: &RunView, now: Timestamp) -> String {
    let said = run.error.as_deref().or(run.output.as_deref()).unwrap_or_default();
    let text = match (run.state, run.waits_for) {
        (_, Some(waits @ (WaitsFor::Configuration | WaitsFor::Task))) => {
            return output::waits(waits).to_owned();
        }
        (RunState::Scheduled, Some(waits)) => return waiting(waits, run.due_at, now),
        (RunState::RetryWait, _) => {
            let next = run.due_at.map(|due| Moment::relative(due, now).text);
            let next = next.unwrap_or_else(|| "later".to_owned());
            format!("attempt {} {next}: {said}", run.attempts.saturating_add(1))
        }
        (RunState::Running, _) => String::new(),
        _ => match &run.reason {
            Some(reason) => reason_in_words(reason).to_owned(),
            None => said.to_owned(),
        },
    };
    line(&text)
}

/// A text that may be long, cut and fit to be shown in a row.
pub(super) fn line(text: &str) -> String {
    let cut = beginning(text, ROW);
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{more}", escape(cut))
}

fn waiting(waits: WaitsFor, due: Option<Timestamp>, now: Timestamp) -> String {
    match (waits, due) {
        (WaitsFor::Time, Some(due)) => format!("due {}", Moment::relative(due, now).text),
        (waits, _) => output::waits(waits).to_owned(),
    }
}

/// Why a run never had the attempt that it was to have.
pub(super) fn reason_in_words(reason: &str) -> &str {
    match reason {
        "overlap" => "overlap: an earlier run was not over",
        "queue_full" => "queue_full: as many runs waited as may",
        "misfire" => "misfire: it was due while no host ran",
        "start_deadline" => "start_deadline: it was too late to begin",
        "deadline" => "deadline: its time was over",
        other => other,
    }
}

/// The most bytes of a document that a page shows.
const SHOWN: usize = 32 << 10;

/// JSON as people read it, and whether that is not all of it.
pub(super) fn pretty(json: &str) -> (String, bool) {
    let value = serde_json::from_str::<serde_json::Value>(beginning(json, SHOWN));
    let text = value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok());
    let text = text.unwrap_or_else(|| json.to_owned());
    let cut = beginning(&text, SHOWN);
    let lines: Vec<_> = cut.lines().map(escape).collect();
    (lines.join("\n"), cut.len() < text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn lengths_have_two_units_at_most() {
        for (micros, text) in [
            (0, "0s"),
            (245, "245µs"),
            (21_000, "21ms"),
            (1_478_900, "1s 478ms"),
            (9_000_000, "9s"),
            (10_541_000, "10s"),
            (483_000_000, "8m 3s"),
            (3_600_000_000, "1h"),
            (3_605_000_000, "1h"),
            (1_051_200_000_000, "12d 4h"),
        ] {
            assert_eq!(span(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn an_instant_is_worded_from_now() {
        let now = at("2026-03-27T14:32:07Z");
        for (then, text) in [
            ("2026-03-27T14:24:04Z", "8m 3s ago"),
            ("2026-03-27T14:33:00Z", "in 53s"),
            ("2026-03-27T14:32:07Z", "now"),
            ("2026-03-27T14:32:06.001Z", "now"),
            ("2026-03-27T14:32:09.500Z", "in 2s"),
        ] {
            assert_eq!(Moment::relative(at(then), now).text, text);
        }
        let shown =
            Moment::there(at("2026-03-29T01:00:00Z"), &TimeZone::get("Europe/Paris").unwrap());
        assert_eq!(
            shown.to_string(),
            "<time datetime=\"2026-03-29T01:00:00Z\" title=\"Sun 2026-03-29 01:00:00 UTC\">\
             Sun 2026-03-29 03:00:00 CEST</time>"
        );
        for edge in [Timestamp::MIN, Timestamp::MAX] {
            assert!(Moment::relative(edge, now).to_string().starts_with("<time "));
        }
    }

    #[test]
    fn thousands_are_told_apart() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn what_a_guest_says_is_text() {
        let said = "<script>\u{202e}\u{1b}[31m";
        assert_eq!(line(said), "<script>\\u{202e}\\u{1b}[31m");
        assert_eq!(line(&"x".repeat(1_000)).chars().count(), ROW + 1);
        let (shown, cut) = pretty("{\"a\":\"\\u202e\",\"b\":[1]}");
        assert_eq!(shown, "{\n  \"a\": \"\\u{202e}\",\n  \"b\": [\n    1\n  ]\n}");
        assert!(!cut);
        assert!(pretty(&format!("\"{}\"", "x".repeat(SHOWN))).1);
    }
}
