//! How the host stands, beside the overview.

use super::{
    badge::{Badge, OPEN, STATES},
    gauge::Gauge,
    refused::Refused,
    words::{Moment, number, span, utc},
};
use crate::{
    api::{Parts, health},
    config::ProblemView,
    serve::{LastReload, Reloaded, Taken},
};
use horarium_core::{
    History,
    store::{Queue, Statistics},
    time::between,
};
use jiff::Timestamp;

/// How the host stands.
pub(super) struct HostState {
    pub(super) capacity: u32,
    pub(super) slots: Gauge,
    /// Since when nothing starts, where that is so.
    pub(super) paused: Option<Moment>,
    /// What keeps it from its work, where something does.
    pub(super) trouble: Option<&'static str>,
    /// Whether it is about to end.
    pub(super) draining: bool,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) reload: Option<ReloadNote>,
    /// The configuration's file.
    pub(super) file: String,
}

/// What came of the last reload.
pub(super) struct ReloadNote {
    pub(super) outcome: &'static str,
    pub(super) at: Moment,
    pub(super) summary: String,
    pub(super) problems: Vec<ConfigProblem>,
}

/// What is wrong in a configuration, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ConfigProblem {
    pub(super) place: String,
    pub(super) text: String,
}

/// How many problems are listed.
const PROBLEMS: usize = 10;

impl HostState {
    pub(super) async fn of(
        parts: &Parts,
        waiting: &Queue,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let paused = parts.store.paused().await?;
        let trouble = health::trouble(parts).await;
        let reload = parts.reloaded.borrow().as_ref().map(|last| ReloadNote::of(last, now));
        let config = parts.config.borrow();
        let used = u64::try_from(parts.control.busy()).unwrap_or(u64::MAX);
        let up = span(between(parts.since, now));
        Ok(Self {
            capacity: config.capacity,
            slots: Gauge::new(used, config.capacity.into(), number),
            paused: paused.map(|since| Moment::relative(since, now)),
            trouble,
            draining: parts.is_draining(),
            facts: vec![
                ("Queue", queue(waiting, now)),
                ("Up", format!("{up}, process {}", std::process::id())),
                ("Configuration", config.file().display().to_string()),
            ],
            reload,
            file: config.file().display().to_string(),
        })
    }

    pub(super) fn paused_badge(&self) -> Badge {
        Badge::of("paused")
    }
}

impl ReloadNote {
    fn of(last: &LastReload, now: Timestamp) -> Self {
        let at = Moment::relative(last.at, now);
        match &last.outcome {
            // What can't run is told where it is told of tasks: that may change meanwhile.
            Reloaded::Taken(Taken { changes, .. }) => {
                let summary = format!(
                    "{} tasks; {} added, {} changed, {} removed.",
                    number(u64::try_from(changes.tasks).unwrap_or(u64::MAX)),
                    changes.added.len(),
                    changes.changed.len(),
                    changes.removed.len()
                );
                Self { outcome: "taken over", at, summary, problems: Vec::new() }
            }
            Reloaded::Refused { why, problems, .. } => {
                let summary = format!("{why}; the last good one goes on.");
                let mut problems = config_problems(problems);
                if problems.is_empty() {
                    // There is always something that is wrong.
                    problems.push(ConfigProblem { place: String::new(), text: why.clone() });
                }
                Self { outcome: "refused", at, summary, problems }
            }
        }
    }
}

/// The first problems, for people.
fn config_problems(problems: &[ProblemView]) -> Vec<ConfigProblem> {
    let problems = problems.iter().take(PROBLEMS).map(|problem| {
        let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        ConfigProblem {
            place: format!("{}:{}", problem.file, problem.line),
            text: format!("{}: {}{help}", problem.key, problem.message),
        }
    });
    problems.collect()
}

/// How many runs ended how, lately.
pub(super) struct Counts {
    /// Since when those of the first column are counted.
    pub(super) hour: String,
    /// How, in this hour, and in the day until then and this hour.
    pub(super) rows: Vec<(Badge, String, String)>,
}

impl Counts {
    pub(super) fn of(statistics: &Statistics, now: Timestamp) -> Self {
        let hour = now.as_second().div_euclid(3_600);
        let since = |hours: i64, state: &str| -> u64 {
            let recent = statistics.ended.iter().filter(|ended| {
                let began = ended.hour.map(|began| began.as_second().div_euclid(3_600));
                ended.state == state && began.is_some_and(|began| began >= hour - hours)
            });
            recent.map(|ended| ended.runs).sum()
        };
        let over = STATES.into_iter().filter(|word| !OPEN.contains(word));
        let rows = over.map(|word| (word, since(0, word), since(24, word)));
        Self {
            hour: Timestamp::from_second(hour * 3_600)
                .map(|at| utc(at, "%H:%M"))
                .unwrap_or_default(),
            rows: rows
                .filter(|(_, _, day)| *day > 0)
                .map(|(word, hour, day)| (Badge::of(word), number(hour), number(day)))
                .collect(),
        }
    }
}

/// What waits, in a sentence.
fn queue(queue: &Queue, now: Timestamp) -> String {
    let longest = queue.oldest.map(|oldest| span(between(oldest, now)));
    let longest = longest.map(|longest| format!(", longest {longest}")).unwrap_or_default();
    let most = u64::from(Queue::MOST);
    let parts = [
        (queue.ready, format!("for a slot{longest}")),
        (queue.later, "until they are due".to_owned()),
        (queue.held, "for an earlier run of their task".to_owned()),
        (queue.parked, "for a task that is paused or not served".to_owned()),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| {
        let more = if count >= most { " or more" } else { "" };
        format!("{}{more} {what}", number(count))
    });
    match parts.collect::<Vec<_>>() {
        parts if parts.is_empty() => "nothing waits".to_owned(),
        parts => parts.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use horarium_core::store::Ended;

    use super::*;

    #[test]
    fn what_ended_lately_is_counted() {
        let hour = |text: &str| text.parse().ok();
        let ended = |hour, state: &str, runs| Ended { hour, state: state.to_owned(), runs };
        let statistics = Statistics {
            ended: vec![
                ended(None, "failed", 1_000),
                ended(hour("2026-03-26T13:00:00Z"), "failed", 100),
                ended(hour("2026-03-26T14:00:00Z"), "succeeded", 10),
                ended(hour("2026-03-27T14:00:00Z"), "succeeded", 2_000),
            ],
            queue: Queue::default(),
        };
        let now = "2026-03-27T14:32:07Z".parse().unwrap();
        let counts = Counts::of(&statistics, now);
        assert_eq!(counts.hour, "14:00");
        let succeeded = (Badge::of("succeeded"), "2,000".to_owned(), "2,010".to_owned());
        assert_eq!(counts.rows, [succeeded]);
    }

    #[test]
    fn what_waits_is_told_by_what_for() {
        let now = "2026-03-27T14:32:07Z".parse().unwrap();
        assert_eq!(queue(&Queue::default(), now), "nothing waits");
        let oldest = "2026-03-27T14:32:05Z".parse().ok();
        let waiting =
            Queue { ready: 3, parked: u64::from(Queue::MOST), oldest, ..Queue::default() };
        assert_eq!(
            queue(&waiting, now),
            "3 for a slot, longest 2s; 100,000 or more for a task that is paused or not served"
        );
    }

    #[test]
    fn a_problem_names_its_place_and_the_way_out() {
        let problem = |line, key: &str, message: &str, help: Option<&str>| ProblemView {
            file: "horarium.toml".to_owned(),
            line,
            column: 1,
            offset: 0,
            length: 1,
            key: key.to_owned(),
            message: message.to_owned(),
            help: help.map(str::to_owned),
        };
        let problems = [problem(3, "task.a", "no", Some("yes")), problem(9, "host", "wrong", None)];
        let shown = config_problems(&problems);
        assert_eq!(
            (shown[0].place.as_str(), shown[0].text.as_str()),
            ("horarium.toml:3", "task.a: no; yes")
        );
        assert_eq!(shown[1].text, "host: wrong");
    }
}
