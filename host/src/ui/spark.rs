//! The last durations of a task, in the room of a word.

use std::time::Duration;

use askama::{Template, filters::HtmlSafe};
use horarium_core::{
    run::{RunEnd, RunState},
    store::RunMark,
    time::between,
    verdict::VerdictKind,
};

use super::words::span;

/// How many runs there is room for.
pub(super) const RUNS: usize = 20;

/// Durations, linear up to the longest. What did not succeed goes through the floor.
#[derive(Debug, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<svg class="spark" viewBox="0 0 100 20" role="img" aria-label="{{ label }}"><path class="edge-s" d="{{ good }}"/>{% if !ill.is_empty() %}<path class="bad-s" d="{{ ill }}"/>{% endif %}</svg><small class="nw">median {{ median }}</small>"#
)]
pub(super) struct Spark {
    label: String,
    good: String,
    ill: String,
    median: String,
}

impl HtmlSafe for Spark {}

/// How long a run took that has begun and is over.
pub(super) fn length(mark: &RunMark) -> Option<Duration> {
    mark.started_at.zip(mark.ended_at).map(|(started, ended)| between(started, ended))
}

/// Whether a run is over and somebody may have to do something about it.
pub(super) fn is_ill(state: RunState) -> bool {
    match state {
        RunState::Ended(RunEnd::Verdict(verdict)) => {
            !matches!(verdict, VerdictKind::Succeeded | VerdictKind::Cancelled)
        }
        RunState::Ended(RunEnd::Expired(_)) => true,
        _ => false,
    }
}

impl Spark {
    /// Of marks, newest first; none where no run is over.
    pub(super) fn of(marks: &[RunMark]) -> Option<Self> {
        let over = marks.iter().filter_map(|mark| Some((length(mark)?, is_ill(mark.state))));
        let mut bars: Vec<_> = over.take(RUNS).collect();
        bars.reverse();
        let longest = bars.iter().map(|(length, _)| *length).max()?;
        let (mut good, mut ill, mut count) = (String::new(), String::new(), 0);
        for (place, (length, is_ill)) in bars.iter().enumerate() {
            let share = length.as_secs_f64() / longest.as_secs_f64().max(f64::MIN_POSITIVE);
            let x = 3 + place * 5;
            let top = 16.0 - (share * 15.0).round().max(1.0);
            if *is_ill {
                count += 1;
                ill.push_str(&format!("M{x} 20V{top}"));
            } else {
                good.push_str(&format!("M{x} 16V{top}"));
            }
        }
        let mut lengths: Vec<_> = bars.iter().map(|(length, _)| *length).collect();
        lengths.sort_unstable();
        let median = span(lengths[lengths.len() / 2]);
        let ills = if count > 0 { format!(", {count} did not succeed") } else { String::new() };
        let label =
            format!("last {} runs: median {median}, longest {}{ills}", bars.len(), span(longest));
        Some(Self { label, good, ill, median })
    }
}

#[cfg(test)]
mod tests {
    use horarium_core::run::RunId;
    use jiff::Timestamp;

    use super::*;

    fn mark(run: i64, verdict: VerdictKind, seconds: i64) -> RunMark {
        let at = Timestamp::from_second(run * 100).unwrap();
        RunMark {
            run: RunId(run),
            state: RunState::Ended(RunEnd::Verdict(verdict)),
            scheduled_for: at,
            due_at: None,
            started_at: Some(at),
            ended_at: Some(Timestamp::from_second(run * 100 + seconds).unwrap()),
            fuel: None,
            wall_us: None,
        }
    }

    #[test]
    fn the_oldest_is_left_and_the_longest_is_highest() {
        let marks = [
            mark(3, VerdictKind::Failed, 30),
            mark(2, VerdictKind::Succeeded, 15),
            mark(1, VerdictKind::Cancelled, 0),
        ];
        let spark = Spark::of(&marks).unwrap();
        assert_eq!(spark.good, "M3 16V15M8 16V8");
        assert_eq!(spark.ill, "M13 20V1");
        assert_eq!(spark.label, "last 3 runs: median 15s, longest 30s, 1 did not succeed");
    }

    #[test]
    fn there_is_none_of_nothing() {
        assert_eq!(Spark::of(&[]), None);
        let waits = RunMark { started_at: None, ..mark(1, VerdictKind::Succeeded, 1) };
        assert_eq!(Spark::of(&[waits]), None);
        let instant = Spark::of(&[mark(1, VerdictKind::Succeeded, 0)]).unwrap();
        assert_eq!(instant.good, "M3 16V15");
        let many: Vec<_> = (0..50).map(|run| mark(run, VerdictKind::Succeeded, 1)).collect();
        assert_eq!(Spark::of(&many).unwrap().good.matches('M').count(), RUNS);
    }
}
