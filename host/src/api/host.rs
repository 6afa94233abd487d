//! `/host`: the host as a whole.

use axum::{Json, extract::State};
use horarium_core::{History, store::Scope};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::{
    Api,
    problem::{Problem, ProblemBody},
};
use crate::{config::load::ConfigError, serve::Taken};

/// A host.
#[derive(Serialize, ToSchema)]
pub(crate) struct HostView {
    /// Its program's version.
    version: &'static str,
    /// Its process.
    pid: u32,
    /// How many attempts run at once, at most.
    capacity: u32,
    /// How many tasks its configuration has.
    tasks: usize,
    /// Since when nothing starts, where that is so.
    paused_at: Option<Timestamp>,
}

/// What it is and how it stands.
#[utoipa::path(get, path = "/host", tag = "host", operation_id = "show_host", responses(
    (status = 200, body = HostView),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn show(State(api): State<Api>) -> Result<Json<HostView>, Problem> {
    let parts = api.parts()?;
    let paused_at = parts.store.paused().await?;
    let config = parts.config.borrow();
    Ok(Json(HostView {
        version: env!("CARGO_PKG_VERSION"),
        pid: std::process::id(),
        capacity: config.capacity,
        tasks: config.tasks.len(),
        paused_at,
    }))
}

/// Lets nothing start; what runs goes on.
#[utoipa::path(post, path = "/host/pause", tag = "host", operation_id = "pause_host", responses(
    (status = 200, body = HostView),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn pause(State(api): State<Api>) -> Result<Json<HostView>, Problem> {
    api.parts()?.control.pause(Scope::All).await.ok_or_else(Problem::draining)??;
    show(State(api)).await
}

/// Lets everything start again.
#[utoipa::path(post, path = "/host/resume", tag = "host", operation_id = "resume_host", responses(
    (status = 200, body = HostView),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn resume(State(api): State<Api>) -> Result<Json<HostView>, Problem> {
    api.parts()?.control.resume(Scope::All).await.ok_or_else(Problem::draining)??;
    show(State(api)).await
}

/// Reads the configuration anew; one that is broken changes nothing.
#[utoipa::path(post, path = "/host/reload", tag = "host", operation_id = "reload_host", responses(
    (status = 200, body = Taken),
    (status = 422, description = "It is broken; `problems` says where.", body = ProblemBody,
        content_type = "application/problem+json"),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn reload(State(api): State<Api>) -> Result<Json<Taken>, Problem> {
    let (done, reloaded) = oneshot::channel();
    api.parts()?.reloads.send(done).await.map_err(|_| Problem::draining())?;
    match reloaded.await.map_err(|_| Problem::draining())? {
        Ok(taken) => Ok(Json(taken)),
        Err(error) => Err(refused(&error)),
    }
}

fn refused(error: &ConfigError) -> Problem {
    let problem = Problem::misfit(format!("{error}; the last good one goes on"));
    match error {
        ConfigError::Problems(problems) => problem.with("problems", problems.to_json()),
        ConfigError::Read { .. } | ConfigError::TooLarge { .. } => problem,
    }
}
