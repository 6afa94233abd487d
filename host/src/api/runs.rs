//! `/runs`: asking something of a run.

use axum::{Json, extract::State, http::StatusCode};
use horarium_core::{
    run::{RunId, RunState},
    store::{Cancelled, RunView},
};
use horarium_engine::Asked;

use super::{Api, problem::Problem, read::Named, tasks};

/// Ends a run, or has it end.
pub(super) async fn cancel(
    State(api): State<Api>,
    Named(run): Named<RunId>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    let status = match api.parts()?.control.cancel(run).await.ok_or_else(Problem::draining)?? {
        Cancelled::Over(_) => StatusCode::OK,
        // Its guest is being stopped.
        Cancelled::Running(_) => StatusCode::ACCEPTED,
        Cancelled::Ended => return Err(Problem::conflict(format!("run {run} is over"))),
        Cancelled::Unknown => return Err(Problem::not_found(format!("there is no run {run}"))),
    };
    Ok((status, Json(api.run(run).await?)))
}

/// Does once more what a run that is over did, or was to do.
pub(super) async fn rerun(
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
