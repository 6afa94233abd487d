//! The first page: what failed, what runs, what comes.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use horarium_core::{
    History,
    name::TaskName,
    run::RunId,
    store::{FailingTask, MarkQuery, Pause, RunQuery, RunView},
    task::TaskSpec,
    time::between,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    alerts::Open,
    badge::Badge,
    gauge::Gauge,
    host::{Counts, HostState},
    lane::Lane,
    progress::Progress,
    read::Params,
    refused::Refused,
    shell::{Here, Page, Shell},
    timeline::{Timeline, Window},
    viewer::Viewer,
    words::{Moment, line, span},
};
use crate::{
    api::{Api, Parts},
    config::{ProblemView, ScheduleDraft},
    describe,
    standing::Standing,
};

/// How many failing tasks are shown.
const FAILING: u32 = 8;

/// How many alerts of what is wrong now are shown.
const OPEN: u32 = 8;

/// How many running runs are shown.
const RUNNING: u32 = 12;

/// How many lanes there are.
const LANES: usize = 10;

/// How many runs of a lane are looked at.
const MARKS: u32 = 500;

/// How many of the newest runs are looked at for tasks that have lanes.
const NEWEST: u32 = 40;

/// Of how many tasks it is computed when they are due. In a configuration with more, what
/// has run lately has lanes.
const LOOKED_AT: usize = 300;

#[derive(Deserialize)]
pub(super) struct Which {
    /// How much time the timeline shows.
    span: Option<String>,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    shell: Shell,
    sum: String,
    host: HostState,
    unusable: Vec<Unusable>,
    more_unusable: usize,
    failing: Vec<Ill>,
    /// What people were told of and is still so.
    open: Vec<Open>,
    running: Vec<Running>,
    more_running: bool,
    counts: Counts,
    timeline: Timeline,
}

/// A task that can't run.
struct Unusable {
    task: TaskName,
    state: Badge,
    why: String,
}

/// A task whose last run failed.
struct Ill {
    task: TaskName,
    run: RunId,
    state: Badge,
    at: Moment,
    in_a_row: u64,
    error: String,
    /// What comes next, and when.
    then: &'static str,
    then_at: Option<Moment>,
    paused: bool,
}

/// A run that is under way.
struct Running {
    task: TaskName,
    run: RunId,
    attempt: String,
    elapsed: Option<Gauge>,
    progress: Option<Progress>,
}

pub(super) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    Params(which): Params<Which>,
) -> Result<Page, Refused> {
    let parts = api.parts()?;
    let now = Timestamp::now();
    let standing = parts.standing.borrow().clone();
    let mut failing = parts.store.failing(FAILING + 1).await?;
    let many = failing.len() > as_usize(FAILING);
    // Why they fail is said of those that can't run.
    failing.retain(|failing| standing.of(&failing.task.task).problems().is_empty());
    let mut running = runs(&parts, &["running"], RUNNING + 1).await?;
    let more_running = running.len() > as_usize(RUNNING);
    running.truncate(as_usize(RUNNING));
    let statistics = parts.store.statistics(None).await?;
    let host = HostState::of(&parts, &statistics.queue, now).await?;
    let counts = Counts::of(&statistics, now);
    let window = Window::of(which.span.as_deref(), now);
    let lanes = lanes(&parts, window, &failing, &running).await?;
    let ill = standing.unusable().len() + failing.len();
    let sum = sum(&standing.sum(), ill, many, running.len());
    let title = match ill {
        0 => "Overview".to_owned(),
        1 => "1 task needs attention".to_owned(),
        _ if many => "Many tasks need attention".to_owned(),
        count => format!("{count} tasks need attention"),
    };
    let mut rows = Vec::with_capacity(running.len());
    let under_way = parts.control.under_way();
    for run in &running {
        let progress = Progress::of(&under_way, run.run);
        rows.push(Running { progress, ..Running::of(&parts, run, now).await? });
    }
    let ills = failing.iter().take(as_usize(FAILING));
    Ok(Page::good(&Overview {
        shell: Shell::new(title, Here::Overview, viewer),
        sum,
        host,
        unusable: Unusable::first(&standing),
        more_unusable: standing.unusable().len().saturating_sub(as_usize(FAILING)),
        failing: ills.map(|failing| Ill::of(&parts, failing, now)).collect(),
        open: Open::all(&parts, OPEN, now).await?,
        running: rows,
        more_running,
        counts,
        timeline: Timeline::new(window, lanes),
    }))
}

fn as_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

async fn runs(parts: &Parts, states: &[&str], limit: u32) -> Result<Vec<RunView>, Refused> {
    let states = states.iter().map(|&state| state.to_owned()).collect();
    Ok(parts.store.runs(RunQuery { states, limit, ..RunQuery::default() }).await?)
}

fn sum(tasks: &str, ill: usize, many: bool, running: usize) -> String {
    let ill = match ill {
        0 => "none needs attention".to_owned(),
        1 => "1 needs attention".to_owned(),
        // So many of those that fail were not even looked for.
        count if many => format!("more than {} need attention", count.saturating_sub(1)),
        count => format!("{count} need attention"),
    };
    let running = match running {
        0 => "nothing runs".to_owned(),
        1 => "1 run is under way".to_owned(),
        count => format!("{count} runs are under way"),
    };
    format!("{tasks}, {ill}; {running}.")
}

impl Unusable {
    /// The first of them, by name.
    fn first(standing: &Standing) -> Vec<Self> {
        let first = standing.unusable().take(as_usize(FAILING));
        first.map(|(task, problems)| Self::of(task, problems)).collect()
    }

    fn of(task: &TaskName, problems: &[ProblemView]) -> Self {
        let why: Vec<_> = problems.iter().map(ProblemView::sentence).collect();
        Self { task: task.clone(), state: Badge::of("unusable"), why: line(&why.join("; ")) }
    }
}

impl Ill {
    fn of(parts: &Parts, failing: &FailingTask, now: Timestamp) -> Self {
        let FailingTask { task: view, failed } = failing;
        let last = view.last.as_ref().filter(|last| last.run > failed.run);
        let (then, then_at) = match (view.pause, last.map(|last| last.state.as_str())) {
            (Some(Pause::Quarantined), _) => ("quarantined", None),
            (Some(Pause::Paused), _) => ("paused", None),
            (None, Some("running")) => ("runs now", None),
            (None, Some("retry_wait")) => ("tries again", last.and_then(|last| last.due_at)),
            (None, Some("scheduled")) => ("waits", None),
            (None, _) => match next(parts, &view.task, now) {
                Some(next) => ("next", Some(next)),
                None => ("", None),
            },
        };
        let why = failed.error.as_deref().or(failed.reason.as_deref()).unwrap_or_default();
        Self {
            task: view.task.clone(),
            run: failed.run,
            state: Badge::run(failed),
            at: Moment::relative(failed.ended_at.unwrap_or(failed.scheduled_for), now),
            in_a_row: view.failures,
            error: line(why),
            then,
            then_at: then_at.map(|at| Moment::relative(at, now)),
            paused: view.pause.is_some(),
        }
    }
}

fn spec(parts: &Parts, task: &TaskName) -> Option<TaskSpec> {
    let config = parts.config.borrow().clone();
    describe::spec(&config, &parts.library, task)
}

fn next(parts: &Parts, task: &TaskName, now: Timestamp) -> Option<Timestamp> {
    describe::upcoming(&spec(parts, task)?, now, 1).first().copied()
}

impl Running {
    async fn of(parts: &Parts, run: &RunView, now: Timestamp) -> Result<Self, Refused> {
        let attempts = parts.store.attempts(run.run).await?;
        let spec = spec(parts, &run.task);
        let started = attempts.last().map(|attempt| attempt.started_at);
        let elapsed = spec.as_ref().zip(started).map(|(spec, started)| {
            let words = |millis| span(Duration::from_millis(millis));
            let millis = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
            // Seconds are enough for what goes on.
            let elapsed = between(started, now).as_secs() * 1_000;
            Gauge::new(elapsed, millis(spec.limits.timeout), words)
        });
        let attempt = match &spec {
            Some(spec) => format!("{} of {}", run.attempts, spec.rules.retry.max_attempts),
            None => run.attempts.to_string(),
        };
        Ok(Self { task: run.task.clone(), run: run.run, attempt, elapsed, progress: None })
    }
}

/// The lanes: those that failed last, those that run, those that are due next, and those
/// that ran last.
async fn lanes(
    parts: &Parts,
    window: Window,
    failing: &[FailingTask],
    running: &[RunView],
) -> Result<Vec<Lane>, Refused> {
    let mut tasks: Vec<TaskName> = Vec::new();
    let mut add = |name: &TaskName, most: usize| {
        if tasks.len() < most && !tasks.contains(name) {
            tasks.push(name.clone());
        }
    };
    failing.iter().for_each(|failing| add(&failing.task.task, LANES / 2));
    running.iter().for_each(|run| add(&run.task, LANES * 4 / 5));
    due_next(parts).iter().for_each(|task| add(task, LANES));
    let newest = runs(parts, &[], NEWEST).await?;
    newest.iter().for_each(|run| add(&run.task, LANES));
    let query =
        MarkQuery { tasks: tasks.clone(), since: Some(window.from), before: None, limit: MARKS };
    let marks = parts.store.marks(query).await?;
    let mut lanes = Vec::with_capacity(tasks.len());
    for (task, marks) in tasks.into_iter().zip(marks) {
        let pause = parts.store.task(task.clone()).await?.and_then(|view| view.pause);
        let aside = aside(parts, &task, pause);
        let spec = spec(parts, &task);
        lanes.push(Lane::new(window, task, &marks, spec.as_ref(), aside));
    }
    Ok(lanes)
}

/// Why nothing of a task starts, in a word; none where nothing keeps it.
fn aside(parts: &Parts, task: &TaskName, pause: Option<Pause>) -> Option<&'static str> {
    let is_there = parts.config.borrow().draft(task).is_some();
    let hindrance = parts.standing.borrow().of(task).hindrance();
    let removed = (!is_there).then_some("removed");
    removed.or(hindrance).or(pause.map(Pause::as_str))
}

/// Tasks by when they are due, where there are so few that this can be said at once.
fn due_next(parts: &Parts) -> Vec<TaskName> {
    let config = parts.config.borrow().clone();
    if config.tasks.len() > LOOKED_AT {
        return Vec::new();
    }
    let now = Timestamp::now();
    let due = config.tasks.iter().filter_map(|draft| {
        let name = &draft.name.value;
        let at = match &draft.schedule {
            // Without a look at its arguments, which takes longer than all of this.
            ScheduleDraft::Said(schedule) => describe::due_after(schedule, now)?,
            ScheduleDraft::Unsaid => next(parts, name, now)?,
            ScheduleDraft::Wrong => return None,
        };
        Some((at, name.clone()))
    });
    let mut due: Vec<_> = due.collect();
    due.sort_unstable();
    due.into_iter().map(|(_, name)| name).collect()
}
