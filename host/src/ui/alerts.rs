//! What people are told of tasks, and where.

use askama::Template;
use axum::extract::State;
use horarium_core::{
    Outbox,
    alert::AlertId,
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
use crate::{api::Api, describe::ChannelView, notify};

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
    first: Option<String>,
    older: Option<String>,
    channels: Vec<Channel>,
}

struct Row {
    at: Moment,
    event: Badge,
    task: TaskName,
    text: String,
    run: Option<RunId>,
    told: Vec<Told>,
}

/// How far it has come.
struct Told {
    channel: String,
    state: Badge,
    /// When it is tried again.
    again: Option<Moment>,
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
    before: Option<AlertId>,
}

pub(super) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    Params(which): Params<Which>,
) -> Result<Page, Refused> {
    let parts = api.parts()?;
    let Which { task, before } = which;
    let query = AlertQuery { task: task.clone(), before, limit: ROWS + 1 };
    let mut found = parts.store.alerts(query).await?;
    let more = found.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    found.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let last = found.last().filter(|_| more).map(|view| view.alert.alert);
    let (now, config) = (Timestamp::now(), parts.config.borrow().clone());
    Ok(Page::good(&Alerts {
        shell: Shell::new("Alerts", Here::Alerts, viewer),
        rows: found.iter().map(|view| Row::of(view, now)).collect(),
        first: before.map(|_| href(task.as_ref(), None)),
        older: last.map(|last| href(task.as_ref(), Some(last))),
        task,
        channels: config.channels.iter().map(|it| Channel::of(&ChannelView::of(it))).collect(),
    }))
}

fn href(task: Option<&TaskName>, before: Option<AlertId>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(task) = task {
        query.append_pair("task", task.as_str());
    }
    if let Some(before) = before {
        query.append_pair("before", &before.to_string());
    }
    format!("/alerts?{}", query.finish())
}

impl Row {
    fn of(view: &AlertView, now: Timestamp) -> Self {
        let alert = &view.alert;
        Self {
            at: Moment::relative(alert.at, now),
            event: Badge::of(alert.event()),
            task: alert.task.clone(),
            text: notify::text(alert),
            run: alert.run,
            told: view.deliveries.iter().map(|it| Told::of(it, now)).collect(),
        }
    }
}

impl Told {
    fn of(delivery: &DeliveryView, now: Timestamp) -> Self {
        Self {
            channel: delivery.channel.to_string(),
            state: Badge::of(delivery.state.as_str()),
            // One that waits for an earlier one has no time of its own.
            again: delivery.due_at.filter(|at| *at > now).map(|at| Moment::relative(at, now)),
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
