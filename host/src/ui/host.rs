//! How the host stands, beside the overview.

use horarium_core::History;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    gauge::Gauge,
    refused::Refused,
    words::{Badge, Moment, number, span},
};
use crate::{
    api::Parts,
    serve::{LastReload, Reloaded},
};
use horarium_core::time::between;

/// How the host stands.
pub(super) struct HostState {
    pub(super) capacity: u32,
    pub(super) slots: Gauge,
    /// Since when nothing starts, where that is so.
    pub(super) paused: Option<Moment>,
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
    pub(super) async fn of(parts: &Parts, running: usize, now: Timestamp) -> Result<Self, Refused> {
        let paused = parts.store.paused().await?;
        let reload = parts.reloaded.borrow().as_ref().map(|last| ReloadNote::of(last, now));
        let config = parts.config.borrow();
        let used = u64::try_from(running).unwrap_or(u64::MAX);
        let up = span(between(parts.since, now));
        Ok(Self {
            capacity: config.capacity,
            slots: Gauge::new(used, config.capacity.into(), number),
            paused: paused.map(|since| Moment::relative(since, now)),
            facts: vec![
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
            Reloaded::Taken(changes) => {
                let problems = config_problems(&changes.problems);
                let summary = format!(
                    "{} tasks; {} added, {} changed, {} removed.",
                    number(u64::try_from(changes.tasks).unwrap_or(u64::MAX)),
                    changes.added.len(),
                    changes.changed.len(),
                    changes.removed.len()
                );
                Self { outcome: "taken over", at, summary, problems }
            }
            Reloaded::Refused { why, problems } => {
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

/// Problems as the JSON contract has them.
fn config_problems(problems: &Value) -> Vec<ConfigProblem> {
    let text = |problem: &Value, key: &str| problem[key].as_str().unwrap_or_default().to_owned();
    let problems = problems.as_array().into_iter().flatten().take(PROBLEMS).map(|problem| {
        let help = text(problem, "help");
        let help = if help.is_empty() { help } else { format!("; {help}") };
        ConfigProblem {
            place: format!("{}:{}", text(problem, "file"), problem["line"]),
            text: format!("{}: {}{help}", text(problem, "key"), text(problem, "message")),
        }
    });
    problems.collect()
}

/// How many runs ended how, lately.
pub(super) struct Counts {
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<(Badge, Vec<String>)>,
}

impl Counts {
    pub(super) async fn of(_: &Parts) -> Result<Option<Self>, Refused> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_names_its_place_and_the_way_out() {
        let problems = json!([
            { "file": "horarium.toml", "line": 3, "key": "task.a", "message": "no", "help": "yes" },
            { "file": "horarium.toml", "line": 9, "key": "host", "message": "wrong" },
        ]);
        let shown = config_problems(&problems);
        assert_eq!(
            (shown[0].place.as_str(), shown[0].text.as_str()),
            ("horarium.toml:3", "task.a: no; yes")
        );
        assert_eq!(shown[1].text, "host: wrong");
        assert!(config_problems(&Value::Null).is_empty());
    }
}
