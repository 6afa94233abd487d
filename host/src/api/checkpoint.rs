//! `/runs/{run}/checkpoint`: what was saved for a run's next attempt.
//!
//! That there is one, and how long it is, takes `read`, as the run does. Its value takes
//! `admin`, as what tasks keep does: nobody has said that others may see it.

use axum::{Extension, Json, extract::State};
use horarium_core::{History, Store, checkpoint::CheckpointView, effects::Bucket, run::RunId};

use super::{
    Api,
    problem::{Problem, ProblemBody},
    read::Named,
};
use crate::{
    access::audit::Moved,
    keeping::{CheckpointInfo, redactors},
};

/// What was saved last for a run's next attempt. Secrets of its task are replaced by their
/// names.
#[utoipa::path(get, path = "/runs/{run}/checkpoint", tag = "runs", operation_id = "show_checkpoint",
    params(("run" = i64, Path, description = "Its number.")),
    responses(
        (status = 200, body = CheckpointInfo),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn show(
    State(api): State<Api>,
    Named(run): Named<RunId>,
) -> Result<Json<CheckpointInfo>, Problem> {
    let task = api.run(run).await?.task;
    let parts = api.parts()?;
    let found = parts.store.checkpoint(run).await?.ok_or_else(|| none(run))?;
    let config = parts.config.borrow().clone();
    Ok(Json(CheckpointInfo::of(run, &found, &redactors(&config, &Bucket::Own(task)))))
}

/// Forgets it: the next attempt begins anew, and so does a run that repeats this one. An
/// attempt that is under way may save another one.
#[utoipa::path(delete, path = "/runs/{run}/checkpoint", tag = "runs", operation_id = "delete_checkpoint",
    params(("run" = i64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "What it was.", body = CheckpointView),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Named(run): Named<RunId>,
) -> Result<(Extension<Moved>, Json<CheckpointView>), Problem> {
    api.run(run).await?;
    let before = api.parts()?.store.forget_checkpoint(run).await?.ok_or_else(|| none(run))?;
    Ok((Extension(Moved(before.bytes)), Json(before)))
}

fn none(run: RunId) -> Problem {
    Problem::not_found(format!("there is no checkpoint of run {run}"))
}
