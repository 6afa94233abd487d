//! `/host`: the host as a whole.

use axum::{Json, extract::State};
use horarium_core::{History, store::Scope};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Api, problem::Problem};
use crate::config::load::ConfigError;

/// What it is and how it stands.
pub(super) async fn show(State(api): State<Api>) -> Result<Json<Value>, Problem> {
    let paused_at = api.parts()?.store.paused().await?;
    let tasks = api.parts()?.config.borrow().tasks.len();
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "tasks": tasks,
        "paused_at": paused_at,
    })))
}

/// Lets nothing start.
pub(super) async fn pause(State(api): State<Api>) -> Result<Json<Value>, Problem> {
    api.parts()?.control.pause(Scope::All).await.ok_or_else(Problem::draining)??;
    show(State(api)).await
}

/// Lets everything start again.
pub(super) async fn resume(State(api): State<Api>) -> Result<Json<Value>, Problem> {
    api.parts()?.control.resume(Scope::All).await.ok_or_else(Problem::draining)??;
    show(State(api)).await
}

/// Reads the configuration anew; one that is broken changes nothing.
pub(super) async fn reload(State(api): State<Api>) -> Result<Json<Value>, Problem> {
    let (done, reloaded) = oneshot::channel();
    api.parts()?.reloads.send(done).await.map_err(|_| Problem::draining())?;
    match reloaded.await.map_err(|_| Problem::draining())? {
        Ok(changes) => Ok(Json(json!(changes))),
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
