//! The page that a host serves to people: made here, of the history and the engine's
//! answers, without a request to anywhere else. A file a page; what it shows is a plain
//! value, and its template has no rule of its own.
//!
//! All of it works without the script, which refreshes what changes and follows logs. What
//! a form asks for is done by the API's own handlers.

mod actions;
mod alerts;
mod assets;
mod badge;
mod chart;
mod gauge;
mod host;
mod lane;
mod log;
mod login;
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
mod state;
mod task;
mod tasks;
mod timeline;
mod viewer;
mod words;

use axum::{
    Router,
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};

pub(crate) use self::login::login;
use self::refused::Refused;
use crate::{
    access::{self, Door, Rule, Scope, guarded},
    api::{Api, Problem},
};

/// All pages, and what their forms ask for, each with the scope that it takes.
pub(crate) fn router() -> Router<Api> {
    use Scope::{Admin, Read, Run};
    Pages(Router::new())
        .add("/", Read, "page_overview", get(overview::show))
        .add("/tasks", Read, "page_tasks", get(tasks::show))
        .add("/tasks/{task}", Read, "page_task", get(task::show))
        .add("/tasks/{task}/trigger", Run, "trigger_task", post(actions::trigger))
        .add("/tasks/{task}/pause", Admin, "pause_task", post(actions::pause))
        .add("/tasks/{task}/resume", Admin, "resume_task", post(actions::resume))
        .add("/state", Read, "page_state", get(state::show))
        .add("/state/{kind}/{name}", Read, "page_bucket", get(state::bucket))
        .add("/state/{kind}/{name}/clear", Admin, "clear_bucket", post(state::clear))
        .add("/state/{kind}/{name}/entry", Admin, "page_entry", get(state::entry))
        .add("/state/{kind}/{name}/entry", Admin, "set_entry", post(state::set))
        .add("/state/{kind}/{name}/entry/delete", Admin, "delete_entry", post(state::delete))
        .add("/runs", Read, "page_runs", get(runs::show))
        .add("/runs/{run}", Read, "page_run", get(run::show))
        .add("/runs/{run}/cancel", Run, "cancel_run", post(actions::cancel))
        .add("/runs/{run}/rerun", Run, "rerun_run", post(actions::rerun))
        .add(
            "/runs/{run}/checkpoint/delete",
            Admin,
            "delete_checkpoint",
            post(actions::forget_checkpoint),
        )
        .add("/plugins", Read, "page_plugins", get(plugins::list))
        .add("/plugins/{plugin}", Read, "page_plugin", get(plugins::show))
        .add("/plugins/{plugin}/rollback", Admin, "roll_back_plugin", post(actions::roll_back))
        .add("/plugins/{plugin}/remove", Admin, "remove_plugin", post(actions::remove))
        .add("/alerts", Read, "page_alerts", get(alerts::show))
        .add("/channels/{channel}/test", Admin, "test_channel", post(actions::test_channel))
        .add("/host/pause", Admin, "pause_host", post(actions::pause_host))
        .add("/host/resume", Admin, "resume_host", post(actions::resume_host))
        .add("/host/reload", Admin, "reload_host", post(actions::reload))
        .0
        .layer(map_response(in_our_words))
        // What pages are dressed with tells nobody anything.
        .route("/ui/{hash}/{file}", get(assets::show))
}

/// Routes, each of which says what scope it takes.
struct Pages(Router<Api>);

impl Pages {
    fn add(self, path: &str, scope: Scope, operation: &str, route: MethodRouter<Api>) -> Self {
        let rule = Rule { scope, operation: operation.to_owned(), door: Door::Page };
        Self(self.0.route(path, guarded(rule, route)))
    }
}

/// Who is turned away reads why on a page.
async fn in_our_words(response: Response) -> Response {
    match response.extensions().get::<access::Refused>() {
        Some(refused) if response.status() == refused.status() => {
            problem(Problem::new(refused.status(), refused.to_string()))
        }
        _ => response,
    }
}

/// A problem as a page.
pub(crate) fn problem(problem: Problem) -> Response {
    Refused(problem).into_response()
}
