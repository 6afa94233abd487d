//! `/next`: what is due next.

use axum::{Json, extract::State};
use horarium_core::{name::TaskName, schedule::Schedule};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api, Parts, page,
    problem::{Problem, ProblemBody},
    read::Params,
};
use crate::describe;

/// How many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HowMany {
    /// How many, at most 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// When a task is due.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub(super) struct Due {
    /// When, by its schedule; paused or not.
    at: Timestamp,
    #[schema(value_type = String)]
    task: TaskName,
}

/// The next instant of each task, the nearest first.
#[utoipa::path(get, path = "/next", tag = "host", operation_id = "next_of_host", params(HowMany),
    responses((status = 200, body = Vec<Due>), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn next(
    State(api): State<Api>,
    Params(many): Params<HowMany>,
) -> Result<Json<Vec<Due>>, Problem> {
    let limit = page::limit(many.limit)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let parts = api.parts()?;
    // Of ten thousand tasks that takes a while.
    let due = tokio::task::spawn_blocking(move || nearest(&parts, limit)).await;
    due.map(Json).map_err(|_| Problem::draining())
}

fn nearest(parts: &Parts, limit: usize) -> Vec<Due> {
    let config = parts.config.borrow().clone();
    let now = Timestamp::now();
    let names = config.tasks.iter().map(|draft| draft.name.value.clone());
    let mut due: Vec<Due> = names
        .filter_map(|task: TaskName| {
            let spec = describe::spec(&config, &parts.library, &task)?;
            // All others have no instants of their own.
            let timed =
                matches!(spec.schedule, Schedule::Cron(_) | Schedule::Every(_) | Schedule::At(_));
            if !timed {
                return None;
            }
            Some(Due { at: describe::instants(&spec, now, 1).pop()?, task })
        })
        .collect();
    due.sort_unstable();
    due.truncate(limit);
    due
}
