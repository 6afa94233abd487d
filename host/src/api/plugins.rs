//! `/plugins`: what the plugin directory holds.

use axum::{Json, extract::State};

use super::{
    Api,
    problem::{Problem, ProblemBody},
};
use crate::describe::{self, PluginView};

/// All plugins, by name.
#[utoipa::path(get, path = "/plugins", tag = "plugins", operation_id = "list_plugins", responses(
    (status = 200, body = Vec<PluginView>),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Vec<PluginView>>, Problem> {
    Ok(Json(describe::plugins(&api.parts()?.library)))
}
