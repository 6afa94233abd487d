//! The page that a host serves to people: made here, of the history and the engine's
//! answers, without a request to anywhere else. A file a page; what it shows is a plain
//! value, and its template has no rule of its own.
//!
//! All of it works without the script, which refreshes what changes and follows logs. What
//! a form asks for is done by the API's own handlers.

mod actions;
mod assets;
mod chart;
mod gauge;
mod host;
mod log;
mod overview;
mod plugins;
mod progress;
mod read;
mod refused;
mod run;
mod runs;
mod settings;
mod shell;
mod spark;
mod task;
mod tasks;
mod timeline;
mod viewer;
mod words;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use self::refused::Refused;
use crate::api::{Api, Problem};

/// All pages, and what their forms ask for.
pub(crate) fn router() -> Router<Api> {
    Router::new()
        .route("/", get(overview::show))
        .route("/tasks", get(tasks::show))
        .route("/tasks/{task}", get(task::show))
        .route("/tasks/{task}/trigger", post(actions::trigger))
        .route("/tasks/{task}/pause", post(actions::pause))
        .route("/tasks/{task}/resume", post(actions::resume))
        .route("/runs", get(runs::show))
        .route("/runs/{run}", get(run::show))
        .route("/runs/{run}/cancel", post(actions::cancel))
        .route("/runs/{run}/rerun", post(actions::rerun))
        .route("/plugins", get(plugins::list))
        .route("/plugins/{plugin}", get(plugins::show))
        .route("/host/pause", post(actions::pause_host))
        .route("/host/resume", post(actions::resume_host))
        .route("/host/reload", post(actions::reload))
        .route("/ui/{hash}/{file}", get(assets::show))
}

/// A problem as a page.
pub(crate) fn problem(problem: Problem) -> Response {
    Refused(problem).into_response()
}
