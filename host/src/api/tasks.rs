//! `/tasks`: what tasks there are, and asking something of one.

use axum::{Json, extract::State, http::StatusCode};
use horarium_core::{
    History,
    effects::When,
    name::TaskName,
    rules::MOST_PRIORITY,
    run::RunId,
    store::{Backfilled, Refusal, RunView, Scope, Stand, Started, TaskQuery, TaskView},
};
use horarium_engine::{Asked, Range, Ranged};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api, Parts,
    page::{self, Page},
    problem::{Problem, ProblemBody},
    read::{Body, Named, Params},
};
use crate::{
    config::{Config, ProblemView},
    describe::{self, NextView, TaskSettings},
    plugins,
    roster::{self, Entry},
    standing::Fitness,
};

/// Which tasks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those whose names contain this.
    containing: Option<String>,
    /// Only those that the configuration has, or that it had once. Default: both.
    active: Option<bool>,
    /// Whether only those that are put aside, for whatever reason.
    paused: Option<bool>,
    /// Where the page begins: `next` of the one before it.
    cursor: Option<String>,
    /// How many, at most 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A task: what is said of it, and what became of it.
#[derive(Serialize, ToSchema)]
pub(super) struct WholeTask {
    #[schema(value_type = String)]
    task: TaskName,
    /// What the configuration and its plugin say of it; none where there is no such task in
    /// the configuration, or it is not known what it would run.
    settings: Option<TaskSettings>,
    /// Whether its plugin is still being compiled; until then it does not run.
    waiting: bool,
    /// Why it can't run, or not as it is meant to: its plugin or function is missing, or
    /// something does not fit it.
    problems: Vec<ProblemView>,
    /// What the history knows of it; none where it never could run.
    history: Option<TaskView>,
}

impl WholeTask {
    fn of(Entry { task, history }: Entry, parts: &Parts, config: &Config) -> Self {
        let standing = parts.standing.borrow().clone();
        let fitness = standing.of(&task);
        Self {
            settings: describe::settings(config, &parts.library, &task),
            waiting: fitness == Fitness::Waiting,
            problems: fitness.problems().to_vec(),
            history,
            task,
        }
    }
}

/// Tasks, by name.
#[utoipa::path(get, path = "/tasks", tag = "tasks", operation_id = "list_tasks", params(Which), responses(
    (status = 200, body = Page<WholeTask>),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(api): State<Api>,
    Params(which): Params<Which>,
) -> Result<Json<Page<WholeTask>>, Problem> {
    let limit = page::limit(which.limit)?;
    let query = TaskQuery {
        containing: which.containing.unwrap_or_default(),
        active: which.active,
        stand: which.paused.unwrap_or_default().then_some(Stand::Paused),
        after: page::cursor(which.cursor.as_ref())?,
        limit: limit + 1,
    };
    let parts = api.parts()?;
    let standing = parts.standing.borrow().clone();
    let found = roster::list(&parts.store, &standing, query).await?;
    let page = Page::of(found, limit, |entry| entry.task.to_string());
    let config = parts.config.borrow().clone();
    Ok(Json(page.map(|entry| WholeTask::of(entry, &parts, &config))))
}

/// One task.
#[utoipa::path(get, path = "/tasks/{task}", tag = "tasks", operation_id = "show_task",
    params(("task" = String, Path, description = "Its name.")),
    responses((status = 200, body = WholeTask), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn show(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
) -> Result<Json<WholeTask>, Problem> {
    let parts = api.parts()?;
    let standing = parts.standing.borrow().clone();
    let entry = roster::find(&parts.store, &standing, &task).await?;
    let entry = entry.ok_or_else(|| Problem::unknown_task(&task))?;
    let config = parts.config.borrow().clone();
    Ok(Json(WholeTask::of(entry, &parts, &config)))
}

/// Which instants.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Instants {
    /// Only those after this one. Default: now.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// How many, at most 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// When a task is due next.
#[utoipa::path(get, path = "/tasks/{task}/next", tag = "tasks", operation_id = "next_of_task",
    params(("task" = String, Path, description = "Its name."), Instants),
    responses((status = 200, body = NextView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn next(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
    Params(instants): Params<Instants>,
) -> Result<Json<NextView>, Problem> {
    let limit = page::limit(instants.limit)?;
    let parts = api.parts()?;
    let config = parts.config.borrow().clone();
    let spec = describe::spec(&config, &parts.library, &task);
    let spec = spec.ok_or_else(|| parts.unknown_task(&task))?;
    let from = instants.from.unwrap_or_else(Timestamp::now);
    let history = parts.store.task(task).await?;
    let pause = history.and_then(|view| view.pause);
    Ok(Json(NextView { pause, ..describe::next(&spec, from, limit) }))
}

/// How a run is wanted.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Arguments of its own.
    pub(crate) args: Option<Value>,
    /// A key that at most one run of the task has, of at most 256 bytes.
    #[schema(min_length = 1, max_length = 256)]
    pub(crate) key: Option<String>,
    /// Which of two waiting runs goes first: that with the greater number.
    #[schema(minimum = -100, maximum = 100)]
    pub(crate) priority: Option<i8>,
    /// When.
    pub(crate) at: Option<Timestamp>,
    /// How much later than now, such as `5m`.
    #[schema(value_type = Option<String>)]
    pub(crate) after: Option<SignedDuration>,
}

impl Wanted {
    /// The longest key, in bytes.
    const LONGEST_KEY: usize = 256;

    fn when(&self) -> Result<When, Problem> {
        match (self.at, self.after) {
            (Some(_), Some(_)) => Err(Problem::malformed("`at` and `after` say the same thing")),
            (Some(at), None) => Ok(When::At(at)),
            (None, Some(after)) => match after.try_into() {
                Ok(after) if after > When::LONGEST => {
                    Err(Problem::misfit("`after` is too long: 100 years are the most"))
                }
                Ok(after) => Ok(When::After(after)),
                Err(_) => Err(Problem::misfit("`after` lies in the past")),
            },
            (None, None) => Ok(When::Now),
        }
    }

    fn priority(&self) -> Result<Option<i8>, Problem> {
        match self.priority {
            Some(priority) if !(-MOST_PRIORITY..=MOST_PRIORITY).contains(&priority) => {
                let bounds =
                    format!("`priority` is a number from -{MOST_PRIORITY} to {MOST_PRIORITY}");
                Err(Problem::misfit(bounds))
            }
            priority => Ok(priority),
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
#[utoipa::path(post, path = "/tasks/{task}/runs", tag = "tasks", operation_id = "trigger_task",
    params(("task" = String, Path, description = "Its name.")),
    request_body = Option<Wanted>,
    responses(
        (status = 201, description = "The new run.", body = RunView),
        (status = 200, description = "The run that has this key already.", body = RunView),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn trigger(
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
        priority: wanted.priority()?,
        args: wanted.args.map(|args| args.to_string()),
        ..Asked::now(task)
    };
    start(&api, asked).await
}

/// Asks for a run, and shows it.
pub(super) async fn start(api: &Api, asked: Asked) -> Result<(StatusCode, Json<RunView>), Problem> {
    let task = asked.task.clone();
    let parts = api.parts()?;
    parts.promises(&task, asked.args.is_some())?;
    match parts.control.trigger(asked).await.ok_or_else(Problem::draining)?? {
        Started::New(recorded) => Ok((StatusCode::CREATED, Json(api.run(recorded.run).await?))),
        Started::Known(run) => Ok((StatusCode::OK, Json(api.run(run).await?))),
        Started::Refused(Refusal::Unknown) => Err(parts.unknown_task(&task)),
        Started::Refused(refusal) => Err(Problem::refused(&task, refusal)),
    }
}

/// Whether arguments fit the function that they are meant for. A plugin that is not
/// there yet says so when the run begins.
fn fit(api: &Api, task: &TaskName, args: &Value) -> Result<(), Problem> {
    let parts = api.parts()?;
    let config = parts.config.borrow().clone();
    let misfits = config.draft(task).map(|draft| plugins::misfits(draft, &parts.library, args));
    match misfits {
        Some(misfits) if !misfits.is_empty() => {
            let detail = format!("the arguments don't fit: {}", misfits.join("; "));
            Err(Problem::misfit(detail).with("misfits", json!(misfits)))
        }
        _ => Ok(()),
    }
}

/// From when until when instants are made up for.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Span {
    /// The first instant.
    #[schema(required = true, value_type = Timestamp)]
    from: Option<Timestamp>,
    /// The first one that is not meant any more. Default: all up to now.
    to: Option<Timestamp>,
}

/// What was made up for.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeUp {
    /// The new runs.
    runs: Vec<RunId>,
    /// How many instants had a run already.
    known: u64,
}

/// Makes up for a range of nominal instants.
#[utoipa::path(post, path = "/tasks/{task}/backfill", tag = "tasks", operation_id = "backfill_task",
    params(("task" = String, Path, description = "Its name.")),
    request_body = Span,
    responses((status = 200, body = MadeUp), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn backfill(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
    Body(span): Body<Span>,
) -> Result<Json<MadeUp>, Problem> {
    let from = span.from.ok_or_else(|| Problem::malformed("`from` is missing"))?;
    let range = Range { task: task.clone(), from, to: span.to.unwrap_or(Timestamp::MAX) };
    if range.to <= range.from {
        return Err(Problem::misfit("`to` is not after `from`"));
    }
    let parts = api.parts()?;
    parts.promises(&task, false)?;
    match parts.control.backfill(range).await.ok_or_else(Problem::draining)?? {
        Ranged::Answered(Backfilled::Made { runs, known }) => {
            let runs: Vec<RunId> = runs.iter().map(|recorded| recorded.run).collect();
            Ok(Json(MadeUp { runs, known }))
        }
        Ranged::Answered(Backfilled::Refused(Refusal::Unknown)) => Err(parts.unknown_task(&task)),
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

/// A task that was paused, or goes on.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Paused {
    #[schema(value_type = String)]
    pub(crate) task: TaskName,
    paused: bool,
    /// Whether the configuration has it.
    pub(crate) active: bool,
    /// Since when nothing starts on the whole host, where that is so: this task neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host_paused_at: Option<Timestamp>,
    /// Why it can't run all the same, or not as it is meant to.
    pub(crate) problems: Vec<ProblemView>,
}

/// Lets nothing of a task start; what runs goes on.
#[utoipa::path(post, path = "/tasks/{task}/pause", tag = "tasks", operation_id = "pause_task",
    params(("task" = String, Path, description = "Its name.")),
    responses((status = 200, body = Paused), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn pause(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
) -> Result<Json<Paused>, Problem> {
    let scope = Scope::Task(task.clone());
    let parts = api.parts()?;
    let known = parts.control.pause(scope).await.ok_or_else(Problem::draining)??;
    told(&parts, task, known, true).await
}

/// Lets a task start again, whatever had put it aside.
#[utoipa::path(post, path = "/tasks/{task}/resume", tag = "tasks", operation_id = "resume_task",
    params(("task" = String, Path, description = "Its name.")),
    responses((status = 200, body = Paused), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn resume(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
) -> Result<Json<Paused>, Problem> {
    let scope = Scope::Task(task.clone());
    let parts = api.parts()?;
    let known = parts.control.resume(scope).await.ok_or_else(Problem::draining)??;
    told(&parts, task, known, false).await
}

async fn told(
    parts: &Parts,
    task: TaskName,
    known: bool,
    paused: bool,
) -> Result<Json<Paused>, Problem> {
    if !known {
        return Err(parts.unknown_task(&task));
    }
    let host_paused_at = parts.store.paused().await?;
    let problems = parts.standing.borrow().of(&task).problems().to_vec();
    let active = parts.config.borrow().draft(&task).is_some();
    Ok(Json(Paused { task, paused, active, host_paused_at, problems }))
}
