//! What people are told of tasks, and where.

use askama::Template;
use axum::extract::State;
use horarium_core::{
    History, Outbox,
    alert::{Alert, AlertId},
    name::TaskName,
    run::RunId,
    store::{AlertQuery, AlertView, DeliveryView},
    text::shown,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    badge::Badge,
    read::Params,
    refused::Refused,
    shell::{Here, Page, Shell},
    viewer::Viewer,
    words::Moment,
};
use crate::{
    api::{Api, Parts},
    describe::ChannelView,
    notify,
};

/// How many stand on a page.
const ROWS: u32 = 50;

/// The longest error that is shown, in bytes.
const ERROR: usize = 200;

#[derive(Template)]
#[template(path = "alerts.html")]
struct Alerts {
    shell: Shell,
    rows: Vec<Row>,
    /// That whose alerts are shown alone.
    task: Option<TaskName>,
    /// Whether only those of what is wrong now are shown.
    open: bool,
    first: Option<String>,
    older: Option<String>,
    channels: Vec<Channel>,
}

struct Row {
    at: Moment,
    event: Badge,
    task: TaskName,
    text: String,
    /// The run that showed it, while the history has it.
    run: Option<RunId>,
    told: Vec<Told>,
}

/// Something that is wrong with a task now.
pub(super) struct Open {
    pub(super) condition: Badge,
    pub(super) task: TaskName,
    pub(super) at: Moment,
    pub(super) text: String,
}

impl Open {
    /// What is wrong now, newest first: at most so much of it.
    pub(super) async fn all(
        parts: &Parts,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<Self>, Refused> {
        let query = AlertQuery { open: true, limit, ..AlertQuery::default() };
        let found = parts.store.alerts(query).await?;
        Ok(found.iter().map(|view| Self::of(&view.alert, now)).collect())
    }

    fn of(alert: &Alert, now: Timestamp) -> Self {
        Self {
            condition: Badge::of(alert.event()),
            task: alert.task.clone(),
            at: Moment::relative(alert.at, now),
            text: notify::text(alert),
        }
    }
}

/// How far it has come.
struct Told {
    channel: String,
    state: Badge,
    /// When it is tried again.
    again: Option<Moment>,
    /// The run that brings it, or was the last one to.
    run: Option<RunId>,
    error: Option<String>,
}

struct Channel {
    name: String,
    kind: String,
    to: String,
    on: String,
    tasks: String,
}

/// What is looked for.
#[derive(Deserialize, Default)]
pub(super) struct Which {
    task: Option<TaskName>,
    #[serde(default)]
    open: bool,
    before: Option<AlertId>,
}

pub(super) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    Params(which): Params<Which>,
) -> Result<Page, Refused> {
    let parts = api.parts()?;
    let Which { task, open, before } = which;
    let query = AlertQuery { task: task.clone(), before, open, limit: ROWS + 1 };
    let mut found = parts.store.alerts(query).await?;
    let more = found.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    found.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let last = found.last().filter(|_| more).map(|view| view.alert.alert);
    let (now, config) = (Timestamp::now(), parts.config.borrow().clone());
    let mut rows = Vec::with_capacity(found.len());
    for view in &found {
        rows.push(Row::of(&parts, view, now).await?);
    }
    Ok(Page::good(&Alerts {
        shell: Shell::new("Alerts", Here::Alerts, viewer),
        rows,
        first: before.map(|_| href(task.as_ref(), open, None)),
        older: last.map(|last| href(task.as_ref(), open, Some(last))),
        task,
        open,
        channels: config.channels.iter().map(|it| Channel::of(&ChannelView::of(it))).collect(),
    }))
}

fn href(task: Option<&TaskName>, open: bool, before: Option<AlertId>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(task) = task {
        query.append_pair("task", task.as_str());
    }
    if open {
        query.append_pair("open", "true");
    }
    if let Some(before) = before {
        query.append_pair("before", &before.to_string());
    }
    format!("/alerts?{}", query.finish())
}

impl Row {
    async fn of(parts: &Parts, view: &AlertView, now: Timestamp) -> Result<Self, Refused> {
        let alert = &view.alert;
        // An alert may outlive its run, and a link would lead nowhere.
        let run = match alert.run {
            Some(run) => parts.store.run(run).await?.map(|view| view.run),
            None => None,
        };
        Ok(Self {
            at: Moment::relative(alert.at, now),
            event: Badge::of(alert.event()),
            task: alert.task.clone(),
            text: notify::text(alert),
            run,
            told: view.deliveries.iter().map(|it| Told::of(it, now)).collect(),
        })
    }
}

impl Told {
    fn of(delivery: &DeliveryView, now: Timestamp) -> Self {
        Self {
            channel: delivery.channel.to_string(),
            state: Badge::of(delivery.state.as_str()),
            // One that waits for an earlier one has no time of its own.
            again: delivery.due_at.filter(|at| *at > now).map(|at| Moment::relative(at, now)),
            run: delivery.run,
            error: delivery.error.as_deref().map(|error| shown(error, ERROR)),
        }
    }
}

impl Channel {
    fn of(view: &ChannelView) -> Self {
        Self {
            name: view.channel.to_string(),
            kind: view.kind.to_string(),
            to: view.to.clone(),
            on: view.on.join(", "),
            tasks: if view.tasks.is_empty() { "all".to_owned() } else { view.tasks.join(", ") },
        }
    }
}
