//! `/runs`: what runs did, and asking something of them.

use axum::{Json, extract::State, http::StatusCode};
use horarium_core::{
    History,
    log::Level,
    name::TaskName,
    run::{RunId, RunState},
    store::{Cancelled, LinePlace, LineView, LogQuery, RunQuery, RunView, WholeRun},
};
use horarium_engine::Asked;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Api,
    page::{self, Page},
    problem::{Problem, ProblemBody},
    read::{Named, Params},
    tasks,
};

/// Which runs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only runs of this task.
    #[param(value_type = Option<String>)]
    task: Option<TaskName>,
    /// Only runs in one of these states, separated by commas.
    state: Option<String>,
    /// Only runs of the tree that this run belongs to: it, what it came from, and what came
    /// from the same.
    #[param(value_type = Option<i64>)]
    tree: Option<RunId>,
    /// Where the page begins: `next` of the one before it.
    cursor: Option<String>,
    /// How many, at most 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Runs, newest first.
#[utoipa::path(get, path = "/runs", tag = "runs", operation_id = "list_runs", params(Which), responses(
    (status = 200, body = Page<RunView>),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(api): State<Api>,
    Params(which): Params<Which>,
) -> Result<Json<Page<RunView>>, Problem> {
    let limit = page::limit(which.limit)?;
    let query = RunQuery {
        task: which.task,
        states: which.state.as_deref().map_or_else(|| Ok(Vec::new()), states)?,
        tree: which.tree,
        before: page::cursor(which.cursor.as_ref())?,
        limit: limit + 1,
    };
    let found = api.parts()?.store.runs(query).await?;
    Ok(Json(Page::of(found, limit, |view| view.run.to_string())))
}

fn states(words: &str) -> Result<Vec<String>, Problem> {
    let known = |word: &str| match RunState::is_word(word) {
        true => Ok(word.to_owned()),
        false => Err(Problem::malformed(format!("there is no state {word:?}"))),
    };
    words.split(',').map(known).collect()
}

/// One run with its attempts.
#[utoipa::path(get, path = "/runs/{run}", tag = "runs", operation_id = "show_run",
    params(("run" = i64, Path, description = "Its number.")),
    responses(
        (status = 200, body = WholeRun),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn show(
    State(api): State<Api>,
    Named(run): Named<RunId>,
) -> Result<Json<WholeRun>, Problem> {
    api.whole_run(run).await.map(Json)
}

/// Which lines of a log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Lines {
    /// Only lines at least this important. Default: `trace`.
    level: Option<Level>,
    /// Where the page begins: `next` of the one before it.
    cursor: Option<String>,
    /// How many, at most 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// The log of a run, oldest line first. Of an attempt under way it lags a little behind.
#[utoipa::path(get, path = "/runs/{run}/log", tag = "runs", operation_id = "log_of_run",
    params(("run" = i64, Path, description = "Its number."), Lines),
    responses(
        (status = 200, body = Page<LineView>),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn log(
    State(api): State<Api>,
    Named(run): Named<RunId>,
    Params(lines): Params<Lines>,
) -> Result<Json<Page<LineView>>, Problem> {
    api.run(run).await?;
    let limit = page::limit(lines.limit)?;
    let whole = LogQuery::whole(run);
    let query = LogQuery {
        least: lines.level.unwrap_or(whole.least),
        after: page::cursor::<LinePlace>(lines.cursor.as_ref())?,
        limit: limit + 1,
        ..whole
    };
    let found = api.parts()?.store.log(query).await?;
    Ok(Json(Page::of(found, limit, |line| line.place.to_string())))
}

/// Ends a run, or has it end.
#[utoipa::path(post, path = "/runs/{run}/cancel", tag = "runs", operation_id = "cancel_run",
    params(("run" = i64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "It is over.", body = RunView),
        (status = 202, description = "Its guest is being stopped.", body = RunView),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn cancel(
    State(api): State<Api>,
    Named(run): Named<RunId>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    let status = match api.parts()?.control.cancel(run).await.ok_or_else(Problem::draining)?? {
        Cancelled::Over { .. } => StatusCode::OK,
        // Its guest is being stopped.
        Cancelled::Running(_) => StatusCode::ACCEPTED,
        Cancelled::Ended => return Err(Problem::conflict(format!("run {run} is over"))),
        Cancelled::Unknown => return Err(Problem::not_found(format!("there is no run {run}"))),
    };
    Ok((status, Json(api.run(run).await?)))
}

/// Does once more what a run that is over did, or was to do.
#[utoipa::path(post, path = "/runs/{run}/rerun", tag = "runs", operation_id = "rerun_run",
    params(("run" = i64, Path, description = "Its number.")),
    responses(
        (status = 201, description = "The new run.", body = RunView),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn rerun(
    State(api): State<Api>,
    Named(run): Named<RunId>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    let before = api.run(run).await?;
    if !matches!(before.state, RunState::Ended(_)) {
        return Err(Problem::conflict(format!("run {run} is not over")));
    }
    let asked = Asked { args: before.args, repeats: Some(run), ..Asked::now(before.task) };
    tasks::start(&api, asked).await
}
