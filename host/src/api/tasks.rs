//! `/tasks`: asking something of a task.

use axum::{Json, extract::State, http::StatusCode};
use horarium_core::{
    name::TaskName,
    run::RunId,
    store::{Backfilled, RunView, Scope, Started},
};
use horarium_engine::{Asked, Range, Ranged, When};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Api,
    problem::Problem,
    read::{Body, Named},
};
use crate::plugins;

/// How a run is wanted.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    /// Arguments of its own.
    args: Option<Value>,
    /// A key that at most one run of the task has.
    key: Option<String>,
    /// Which of two waiting runs goes first.
    priority: Option<i8>,
    /// When.
    at: Option<Timestamp>,
    /// How much later than now.
    after: Option<SignedDuration>,
}

impl Wanted {
    /// The longest key, in bytes.
    const LONGEST_KEY: usize = 256;

    fn when(&self) -> Result<When, Problem> {
        match (self.at, self.after) {
            (Some(_), Some(_)) => Err(Problem::malformed("`at` and `after` say the same thing")),
            (Some(at), None) => Ok(When::At(at)),
            (None, Some(after)) => match after.try_into() {
                Ok(after) => Ok(When::After(after)),
                Err(_) => Err(Problem::misfit("`after` lies in the past")),
            },
            (None, None) => Ok(When::Now),
        }
    }

    fn key(&self) -> Result<Option<String>, Problem> {
        match &self.key {
            Some(key) if key.is_empty() || key.len() > Self::LONGEST_KEY => {
                let bounds = format!("a key has 1 to {} bytes", Self::LONGEST_KEY);
                Err(Problem::misfit(bounds))
            }
            key => Ok(key.clone()),
        }
    }
}

/// Has a task run once.
pub(super) async fn trigger(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
    Body(wanted): Body<Wanted>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    if let Some(args) = &wanted.args {
        fit(&api, &task, args)?;
    }
    let asked = Asked {
        when: wanted.when()?,
        key: wanted.key()?,
        args: wanted.args.map(|args| args.to_string()),
        priority: wanted.priority,
        ..Asked::now(task)
    };
    start(&api, asked).await
}

/// Asks for a run, and shows it.
pub(super) async fn start(api: &Api, asked: Asked) -> Result<(StatusCode, Json<RunView>), Problem> {
    let task = asked.task.clone();
    match api.parts()?.control.trigger(asked).await.ok_or_else(Problem::draining)?? {
        Started::New(recorded) => Ok((StatusCode::CREATED, Json(api.run(recorded.run).await?))),
        Started::Known(run) => Ok((StatusCode::OK, Json(api.run(run).await?))),
        Started::Refused(refusal) => Err(Problem::refused(&task, refusal)),
    }
}

/// Whether arguments fit the function that they are meant for. A plugin that is not
/// there yet says so when the run begins.
fn fit(api: &Api, task: &TaskName, args: &Value) -> Result<(), Problem> {
    let parts = api.parts()?;
    let config = parts.config.borrow().clone();
    let draft = config.tasks.iter().find(|draft| draft.name.value == *task);
    let misfits = draft.map(|draft| plugins::misfits(draft, &parts.library, args));
    match misfits {
        Some(misfits) if !misfits.is_empty() => {
            let detail = format!("the arguments don't fit: {}", misfits.join("; "));
            Err(Problem::misfit(detail).with("misfits", json!(misfits)))
        }
        _ => Ok(()),
    }
}

/// From when until when instants are made up for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Span {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// Makes up for a range of nominal instants.
pub(super) async fn backfill(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
    Body(span): Body<Span>,
) -> Result<Json<Value>, Problem> {
    let from = span.from.ok_or_else(|| Problem::malformed("`from` is missing"))?;
    let range = Range { task: task.clone(), from, to: span.to.unwrap_or(Timestamp::MAX) };
    if range.to <= range.from {
        return Err(Problem::misfit("`to` is not after `from`"));
    }
    match api.parts()?.control.backfill(range).await.ok_or_else(Problem::draining)?? {
        Ranged::Answered(Backfilled::Made { runs, known }) => {
            let runs: Vec<RunId> = runs.iter().map(|recorded| recorded.run).collect();
            Ok(Json(json!({ "runs": runs, "known": known })))
        }
        Ranged::Answered(Backfilled::Refused(refusal)) => Err(Problem::refused(&task, refusal)),
        Ranged::Unscheduled => Err(Problem::misfit(
            "only a task with a `cron` or `every` schedule has instants to make up for",
        )),
        Ranged::TooMany => Err(Problem::misfit(format!(
            "there are more than {} instants in this range; take a part of it",
            Range::LIMIT
        ))),
    }
}

/// Lets nothing of a task start.
pub(super) async fn pause(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
) -> Result<Json<Value>, Problem> {
    let scope = Scope::Task(task.clone());
    let known = api.parts()?.control.pause(scope).await.ok_or_else(Problem::draining)??;
    told(&task, known, true)
}

/// Lets a task start again.
pub(super) async fn resume(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
) -> Result<Json<Value>, Problem> {
    let scope = Scope::Task(task.clone());
    let known = api.parts()?.control.resume(scope).await.ok_or_else(Problem::draining)??;
    told(&task, known, false)
}

fn told(task: &TaskName, known: bool, paused: bool) -> Result<Json<Value>, Problem> {
    match known {
        true => Ok(Json(json!({ "task": task, "paused": paused }))),
        false => Err(Problem::not_found(format!("there is no task `{task}`"))),
    }
}
