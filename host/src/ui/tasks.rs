//! All tasks.

use askama::Template;
use axum::extract::State;
use horarium_core::{
    History,
    name::TaskName,
    run::RunId,
    store::{MarkQuery, RunMark, RunView, Stand, TaskQuery},
    task::TaskSpec,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    badge::Badge,
    read::Params,
    refused::Refused,
    shell::{Here, Page, Shell},
    spark::{self, Spark},
    viewer::Viewer,
    words::{Moment, line, number},
};
use crate::{
    api::{Api, page},
    config::ProblemView,
    describe,
    roster::{self, Entry},
    standing::Fitness,
};

/// How many stand on a page.
const ROWS: u32 = 25;

/// What of a filter comes with an address.
#[derive(Deserialize)]
pub(super) struct Which {
    q: Option<String>,
    stand: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "tasks.html")]
struct Tasks {
    shell: Shell,
    configured: String,
    filter: Filter,
    rows: Vec<Row>,
    first: String,
    more: Option<String>,
}

/// What is looked for.
struct Filter {
    q: String,
    stand: String,
    after: Option<String>,
}

struct Row {
    task: TaskName,
    function: Option<String>,
    stand: Option<Badge>,
    schedule: String,
    /// Why it can't run, where that is so.
    why: Option<String>,
    next: Option<Moment>,
    last: Option<Last>,
    spark: Option<Spark>,
}

/// A task's newest run.
pub(super) struct Last {
    pub(super) run: RunId,
    pub(super) state: Badge,
    pub(super) at: Moment,
}

impl Last {
    pub(super) fn of(run: &RunView, now: Timestamp) -> Self {
        let at = run.ended_at.or(run.started_at).unwrap_or(run.scheduled_for);
        Self { run: run.run, state: Badge::run(run), at: Moment::relative(at, now) }
    }
}

impl Filter {
    fn options(&self) -> [(&'static str, &'static str); 5] {
        [
            ("", "of the configuration"),
            ("unusable", "can't run"),
            ("failing", "last run did not succeed"),
            ("paused", "paused or quarantined"),
            ("removed", "removed, with history"),
        ]
    }

    fn is_set(&self) -> bool {
        !self.q.is_empty() || !self.stand.is_empty() || self.after.is_some()
    }

    /// The address of a page of it.
    fn href(&self, after: Option<&TaskName>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in [("q", &self.q), ("stand", &self.stand)] {
            if !value.is_empty() {
                query.append_pair(key, value);
            }
        }
        if let Some(after) = after {
            query.append_pair("after", after.as_str());
        }
        match query.finish() {
            query if query.is_empty() => "/tasks".to_owned(),
            query => format!("/tasks?{query}"),
        }
    }
}

pub(super) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    Params(which): Params<Which>,
) -> Result<Page, Refused> {
    let parts = api.parts()?;
    let now = Timestamp::now();
    let query = TaskQuery {
        containing: which.q.clone().unwrap_or_default(),
        active: Some(which.stand.as_deref() != Some("removed")),
        stand: match which.stand.as_deref() {
            Some("failing") => Some(Stand::Failing),
            Some("paused") => Some(Stand::Paused),
            _ => None,
        },
        after: page::cursor(which.after.as_ref().filter(|after| !after.is_empty()))?,
        limit: ROWS + 1,
    };
    let standing = parts.standing.borrow().clone();
    let mut found = match which.stand.as_deref() {
        Some("unusable") => roster::unusable(&parts.store, &standing, &query).await?,
        _ => roster::list(&parts.store, &standing, query).await?,
    };
    let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let more = found.len() > rows;
    found.truncate(rows);
    let marks = MarkQuery {
        tasks: found.iter().map(|view| view.task.clone()).collect(),
        since: None,
        before: None,
        limit: u32::try_from(spark::RUNS).unwrap_or(u32::MAX),
    };
    let marks = parts.store.marks(marks).await?;
    let config = parts.config.borrow().clone();
    let filter = Filter {
        q: which.q.unwrap_or_default(),
        stand: which.stand.unwrap_or_default(),
        after: which.after.filter(|after| !after.is_empty()),
    };
    let last = found.last().filter(|_| more).map(|view| filter.href(Some(&view.task)));
    let rows = found.into_iter().zip(marks).map(|(view, marks)| {
        let spec = describe::spec(&config, &parts.library, &view.task);
        let fitness = standing.of(&view.task);
        Row::of(view, &marks, spec.as_ref(), fitness, now)
    });
    Ok(Page::good(&Tasks {
        shell: Shell::new("Tasks", Here::Tasks, viewer),
        configured: number(u64::try_from(config.tasks.len()).unwrap_or(u64::MAX)),
        rows: rows.collect(),
        first: filter.href(None),
        more: last,
        filter,
    }))
}

impl Row {
    fn of(
        Entry { task, history }: Entry,
        marks: &[RunMark],
        spec: Option<&TaskSpec>,
        fitness: Fitness<'_>,
        now: Timestamp,
    ) -> Self {
        let pause = history.as_ref().and_then(|view| view.pause);
        // What never could run is in the configuration, or nobody would know of it.
        let active = history.as_ref().is_none_or(|view| view.active);
        let stand = match (active, fitness.hindrance()) {
            (false, _) => Some(Badge::of("removed")),
            (true, Some(hindrance)) => Some(Badge::of(hindrance)),
            (true, None) => pause.map(Badge::pause),
        };
        let next = spec.filter(|_| stand.is_none());
        let next = next.and_then(|spec| describe::upcoming(spec, now, 1).first().copied());
        let why: Vec<_> = fitness.problems().iter().map(ProblemView::sentence).collect();
        Self {
            why: Some(line(&why.join("; "))).filter(|why| !why.is_empty()),
            function: spec.map(|spec| format!("{} · {}", spec.plugin, spec.function)),
            stand,
            schedule: match (spec, active) {
                (Some(spec), _) => spec.schedule.to_string(),
                (None, true) => String::new(),
                (None, false) => "not in the configuration".to_owned(),
            },
            next: next.map(|at| Moment::relative(at, now)),
            last: history.and_then(|view| view.last).map(|run| Last::of(&run, now)),
            spark: Spark::of(marks),
            task,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_the_filter() {
        let filter = Filter { q: "a&b".to_owned(), stand: "paused".to_owned(), after: None };
        assert_eq!(filter.href(None), "/tasks?q=a%26b&stand=paused");
        let after = "x".parse().unwrap();
        assert_eq!(filter.href(Some(&after)), "/tasks?q=a%26b&stand=paused&after=x");
        let none = Filter { q: String::new(), stand: String::new(), after: None };
        assert_eq!(none.href(None), "/tasks");
    }
}
