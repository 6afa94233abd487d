//! `/alerts`: what people are told of tasks.

use axum::{Json, extract::State};
use horarium_core::{
    Outbox,
    alert::AlertId,
    name::TaskName,
    store::{AlertQuery, AlertView},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Api,
    page::{self, Page},
    problem::{Problem, ProblemBody},
    read::Params,
};

/// Which alerts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those of this task.
    #[param(value_type = Option<String>)]
    task: Option<TaskName>,
    /// Only those of what is wrong now, with tasks that the configuration has: of each
    /// condition the alert that began it.
    open: Option<bool>,
    /// Where the page begins: `next` of the one before it.
    cursor: Option<String>,
    /// How many, at most 500. Default: 50.
    limit: Option<u32>,
}

/// Alerts, newest first, each with how far it has come. The last ten thousand are kept, and
/// those that are on their way.
#[utoipa::path(get, path = "/alerts", tag = "alerts", operation_id = "list_alerts", params(Which), responses(
    (status = 200, body = Page<AlertView>),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(api): State<Api>,
    Params(which): Params<Which>,
) -> Result<Json<Page<AlertView>>, Problem> {
    let limit = page::limit(which.limit)?;
    let before = page::cursor::<AlertId>(which.cursor.as_ref())?;
    let open = which.open.unwrap_or_default();
    let query = AlertQuery { task: which.task, before, open, limit: limit + 1 };
    let found = api.parts()?.store.alerts(query).await?;
    Ok(Json(Page::of(found, limit, |view| view.alert.alert.to_string())))
}
