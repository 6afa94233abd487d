//! One task.

use std::time::Duration;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use horarium_core::{
    History,
    name::TaskName,
    run::RunId,
    schedule::Schedule,
    store::{MarkQuery, RunMark, RunQuery},
    task::TaskSpec,
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;

use super::{
    badge::Badge,
    chart::{Chart, Point, Subject},
    read::{Named, Params},
    refused::Refused,
    runs::{self, Row},
    settings::Settings,
    shell::{Here, Page, Shell},
    spark,
    state::{self, Fill},
    tasks::Last,
    viewer::Viewer,
    words::{Moment, line, span, utc},
};
use crate::{
    api::{Api, Parts, Problem, page},
    describe, output, roster,
    standing::Fitness,
};

/// How many fires are told beforehand.
const FIRES: u32 = 5;

#[derive(Deserialize)]
pub(super) struct Which {
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "task.html")]
struct TaskPage {
    shell: Shell,
    task: TaskName,
    refused: Option<NotTriggered>,
    /// Why nothing of it starts, where it was put aside.
    stand: Option<Badge>,
    /// The same where it can't run.
    hindrance: Option<Badge>,
    removed: bool,
    /// Why it can't run.
    problems: Vec<String>,
    /// Nothing starts on the whole host.
    host_paused: bool,
    /// The history knows it, so that it can be paused.
    is_known: bool,
    last: Option<Last>,
    next: Option<Moment>,
    known_since: Option<Moment>,
    settings: Option<Settings>,
    /// How full the buckets are that it has.
    state: Vec<Fill>,
    fires: Vec<Fire>,
    charts_title: String,
    charts: Vec<Chart>,
    zone: String,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
}

/// A form that was sent in vain, to be shown again.
pub(super) struct NotTriggered {
    pub(super) why: String,
    pub(super) args: String,
}

/// An instant at which a task is due.
struct Fire {
    there: Moment,
    utc: String,
    relative: Moment,
}

pub(super) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    Named(task): Named<TaskName>,
    Params(which): Params<Which>,
) -> Result<Page, Refused> {
    let before = page::cursor(which.before.as_ref())?;
    let page = look(&api, viewer, task, before, None).await?;
    Ok(Page::good(&page))
}

/// The page once more, for somebody whose form was not followed.
pub(super) async fn again(
    api: &Api,
    viewer: Viewer,
    task: TaskName,
    status: StatusCode,
    refused: NotTriggered,
) -> Result<Page, Refused> {
    let page = look(api, viewer, task, None, Some(refused)).await?;
    Ok(Page::of(status, &page))
}

async fn look(
    api: &Api,
    viewer: Viewer,
    task: TaskName,
    before: Option<RunId>,
    refused: Option<NotTriggered>,
) -> Result<TaskPage, Refused> {
    let parts = api.parts()?;
    let now = Timestamp::now();
    let standing = parts.standing.borrow().clone();
    let entry = roster::find(&parts.store, &standing, &task).await?;
    let view = entry.ok_or_else(|| Problem::unknown_task(&task))?.history;
    let fitness = standing.of(&task);
    let host_paused = parts.store.paused().await?.is_some();
    let config = parts.config.borrow().clone();
    let spec = describe::spec(&config, &parts.library, &task);
    let zone = zone(spec.as_ref());
    let (rows, marks, older) = history(&parts, &task, before, &zone, now).await?;
    let fires = spec.as_ref().map(|spec| describe::upcoming(spec, now, FIRES)).unwrap_or_default();
    let fires: Vec<_> = fires.into_iter().map(|at| Fire::of(at, &zone, now)).collect();
    let pause = view.as_ref().and_then(|view| view.pause);
    let starts = pause.is_none() && fitness == Fitness::Fit && !host_paused;
    let next = fires.first().filter(|_| starts).map(|fire| fire.relative.clone());
    let charts = charts(&marks, spec.as_ref());
    let failures = view.as_ref().map_or(0, |view| view.failures);
    let settings = spec.map(|spec| Settings::of(&spec, &parts.library, failures));
    Ok(TaskPage {
        shell: Shell::new(task.to_string(), Here::Tasks, viewer),
        refused,
        stand: pause.map(Badge::pause),
        hindrance: fitness.hindrance().map(Badge::of),
        removed: view.as_ref().is_some_and(|view| !view.active),
        problems: fitness.problems().iter().map(|problem| line(&problem.sentence())).collect(),
        host_paused,
        is_known: view.is_some(),
        last: view.as_ref().and_then(|view| view.last.as_ref()).map(|run| Last::of(run, now)),
        next,
        known_since: view.as_ref().map(|view| Moment::date(view.created_at)),
        settings,
        state: state::of_task(&parts, &task).await?,
        fires,
        charts_title: {
            let which = if before.is_some() { "These" } else { "Last" };
            format!("{which} {}", output::plural(rows.len(), "run"))
        },
        charts,
        zone: zone.iana_name().unwrap_or("the schedule's timezone").to_owned(),
        rows,
        newest: before.map(|_| format!("/tasks/{task}#history")),
        older: older.map(|run| format!("/tasks/{task}?before={run}#history")),
        task,
    })
}

/// The timezone that a schedule speaks of.
fn zone(spec: Option<&TaskSpec>) -> TimeZone {
    match spec.map(|spec| &spec.schedule) {
        Some(Schedule::Cron(cron)) => cron.timezone().clone(),
        _ => TimeZone::UTC,
    }
}

impl Fire {
    fn of(at: Timestamp, zone: &TimeZone, now: Timestamp) -> Self {
        Self {
            there: Moment::there(at, zone),
            utc: utc(at, "%Y-%m-%d %H:%M:%S"),
            relative: Moment::relative(at, now),
        }
    }
}

type Found = (Vec<Row>, Vec<RunMark>, Option<RunId>);

/// A page of the task's runs, with their marks.
async fn history(
    parts: &Parts,
    task: &TaskName,
    before: Option<RunId>,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Found, Refused> {
    let query =
        RunQuery { task: Some(task.clone()), before, limit: runs::ROWS + 1, ..RunQuery::default() };
    let mut found = parts.store.runs(query).await?;
    let older = runs::older(&mut found);
    let marks = MarkQuery { tasks: vec![task.clone()], since: None, before, limit: runs::ROWS };
    let marks = parts.store.marks(marks).await?.pop().unwrap_or_default();
    let zone = Some(zone).filter(|zone| **zone != TimeZone::UTC);
    let rows = found.iter().map(|run| {
        let mark = marks.iter().find(|mark| mark.run == run.run);
        let fuel = mark.and_then(|mark| mark.fuel).map(output::count);
        Row { fuel: fuel.unwrap_or_default(), ..Row::of(run, zone, now) }
    });
    Ok((rows.collect(), marks, older))
}

/// Charts of runs, which are newest first.
fn charts(marks: &[RunMark], spec: Option<&TaskSpec>) -> Vec<Chart> {
    let ended: Vec<_> = marks.iter().rev().filter(|mark| spark::length(mark).is_some()).collect();
    let instant = |mark: Option<&&RunMark>| mark.map(|mark| utc(mark.scheduled_for, "%e %b %H:%M"));
    let (from, to) = (instant(ended.first()), instant(ended.last()));
    let point =
        |mark: &RunMark, value| Point { run: mark.run.0, value, badge: Badge::state(mark.state) };
    let length = |mark: &RunMark| spark::length(mark).map(|length| length.as_secs_f64());
    let subject = |id, title, limit, words| Subject {
        id,
        title,
        limit,
        words,
        from: from.clone().unwrap_or_default(),
        to: to.clone().unwrap_or_default(),
    };
    let durations: Vec<_> =
        ended.iter().filter_map(|mark| Some(point(mark, length(mark)?))).collect();
    // Exact enough for a picture.
    #[expect(clippy::cast_precision_loss, reason = "a bar has 90 pixels")]
    let fuel: Vec<_> =
        ended.iter().filter_map(|mark| Some(point(mark, mark.fuel? as f64))).collect();
    let timeout = spec.map(|spec| spec.limits.timeout.as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "a bar has 90 pixels")]
    let budget = spec.and_then(|spec| match spec.limits.fuel {
        horarium_core::limits::Fuel::Limited(units) => Some(units as f64),
        horarium_core::limits::Fuel::Unlimited => None,
    });
    let charts = [
        Chart::of(subject("duration", "Duration", timeout, seconds), &durations),
        Chart::of(subject("fuel", "Fuel", budget, units), &fuel),
    ];
    charts.into_iter().flatten().collect()
}

fn seconds(value: f64) -> String {
    span(Duration::try_from_secs_f64(value).unwrap_or_default())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "fuel is a number of units"
)]
fn units(value: f64) -> String {
    output::count(value as u64)
}
