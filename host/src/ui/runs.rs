//! All runs.

use askama::Template;
use axum::extract::{RawQuery, State};
use horarium_core::{
    History,
    name::TaskName,
    run::{RunId, RunState},
    store::{RunQuery, RunView},
};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    badge::{Badge, STATES, TROUBLE},
    refused::Refused,
    shell::{Here, Page, Shell},
    viewer::Viewer,
    words::{Moment, result, took},
};
use crate::api::{Api, Problem};

/// How many stand on a page.
pub(super) const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "runs.html")]
struct Runs {
    shell: Shell,
    chips: Vec<(Badge, bool)>,
    task: String,
    tree: Option<RunId>,
    trouble: String,
    rows: Vec<Row>,
    first: Option<String>,
    older: Option<String>,
}

/// A run in a list.
pub(super) struct Row {
    pub(super) run: RunId,
    pub(super) task: TaskName,
    pub(super) state: Badge,
    pub(super) scheduled_for: Moment,
    pub(super) trigger: &'static str,
    pub(super) attempts: u32,
    pub(super) took: String,
    pub(super) fuel: String,
    pub(super) result: String,
}

impl Row {
    pub(super) fn of(run: &RunView, zone: Option<&TimeZone>, now: Timestamp) -> Self {
        Self {
            run: run.run,
            task: run.task.clone(),
            state: Badge::run(run),
            scheduled_for: match zone {
                Some(zone) => Moment::there(run.scheduled_for, zone),
                None => Moment::date(run.scheduled_for),
            },
            trigger: run.trigger.as_str(),
            attempts: run.attempts,
            took: match run.state {
                RunState::RetryWait => None,
                // Nobody knows.
                _ if run.is_abandoned() => None,
                _ => took(run.started_at, run.ended_at, now),
            }
            .unwrap_or_default(),
            fuel: String::new(),
            result: result(run, now),
        }
    }
}

/// What is looked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Filter {
    states: Vec<String>,
    task: Option<TaskName>,
    tree: Option<RunId>,
    before: Option<RunId>,
}

impl Filter {
    /// Of an address, in which a key may stand several times.
    fn of(query: &str) -> Result<Self, Problem> {
        let mut filter = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                _ if value.is_empty() => {}
                "state" if RunState::is_word(&value) => filter.states.push(value.into_owned()),
                "state" => return Err(Problem::malformed(format!("there is no state {value:?}"))),
                "task" => {
                    let task = value.parse();
                    let task =
                        task.map_err(|reason| Problem::malformed(format!("{value:?}: {reason}")));
                    filter.task = Some(task?);
                }
                "before" => filter.before = Some(number("before", &value)?),
                "tree" => filter.tree = Some(number("tree", &value)?),
                _ => {}
            }
        }
        Ok(filter)
    }

    fn href(&self, before: Option<RunId>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        self.states.iter().for_each(|state| {
            query.append_pair("state", state);
        });
        if let Some(task) = &self.task {
            query.append_pair("task", task.as_str());
        }
        if let Some(tree) = self.tree {
            query.append_pair("tree", &tree.to_string());
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        match query.finish() {
            query if query.is_empty() => "/runs".to_owned(),
            query => format!("/runs?{query}"),
        }
    }
}

fn number(key: &str, value: &str) -> Result<RunId, Problem> {
    value.parse().map_err(|_| Problem::malformed(format!("`{key}` is a run's number")))
}

pub(super) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Page, Refused> {
    let filter = Filter::of(query.as_deref().unwrap_or_default())?;
    let query = RunQuery {
        task: filter.task.clone(),
        states: filter.states.clone(),
        tree: filter.tree,
        before: filter.before,
        limit: ROWS + 1,
    };
    let mut found = api.parts()?.store.runs(query).await?;
    let older = older(&mut found).map(|before| filter.href(Some(before)));
    let now = Timestamp::now();
    let chip = |word| (Badge::of(word), filter.states.iter().any(|state| state == word));
    let trouble =
        Filter { states: TROUBLE.map(str::to_owned).to_vec(), ..Filter::default() }.href(None);
    Ok(Page::good(&Runs {
        shell: Shell::new("Runs", Here::Runs, viewer),
        chips: STATES.into_iter().map(chip).collect(),
        task: filter.task.as_ref().map(ToString::to_string).unwrap_or_default(),
        tree: filter.tree,
        trouble,
        rows: found.iter().map(|run| Row::of(run, None, now)).collect(),
        first: filter.before.map(|_| filter.href(None)),
        older,
    }))
}

/// Cuts what was found down to a page, and says where the next one begins.
pub(super) fn older(found: &mut Vec<RunView>) -> Option<RunId> {
    let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let more = found.len() > rows;
    found.truncate(rows);
    found.last().filter(|_| more).map(|run| run.run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_looked_for() {
        let filter = Filter::of("state=failed&state=lost&task=a&tree=5&before=7&x=y&q=").unwrap();
        assert_eq!(filter.states, ["failed", "lost"]);
        assert_eq!(filter.before, Some(RunId(7)));
        assert_eq!(
            filter.href(Some(RunId(3))),
            "/runs?state=failed&state=lost&task=a&tree=5&before=3"
        );
        assert_eq!(Filter::of("task=&state=").unwrap(), Filter::default());
        assert_eq!(Filter::default().href(None), "/runs");
        for bad in ["state=gone", "task=a%2Fb", "before=x", "tree=x"] {
            assert!(Filter::of(bad).is_err(), "{bad}");
        }
    }
}
