//! `/audit`: who changed what.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Api,
    page::{self, Page},
    problem::{Problem, ProblemBody},
    read::Params,
};
use crate::access::audit::{
    AuditLine,
    read::{self, Place, ReadError},
};

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Where the page begins: `next` of the one before it.
    cursor: Option<String>,
    /// How many, at most 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Who asked for what and what became of it, newest first. It is what `audit.jsonl` in the
/// data directory holds.
#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "list_audit", params(Which), responses(
    (status = 200, body = Page<AuditLine>),
    (status = 410, description = "The log was begun anew since the page before.", body = ProblemBody,
        content_type = "application/problem+json"),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(api): State<Api>,
    Params(which): Params<Which>,
) -> Result<Json<Page<AuditLine>>, Problem> {
    let limit = page::limit(which.limit)?;
    let place = page::cursor::<Place>(which.cursor.as_ref())?;
    let data_dir = api.parts()?.config.borrow().data_dir.clone();
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let found = tokio::task::spawn_blocking(move || read::before(&data_dir, place, wanted)).await;
    let found = found.map_err(|_| Problem::draining())?.map_err(|reason| match reason {
        ReadError::Moved => Problem::new(StatusCode::GONE, reason.to_string()),
        ReadError::Io(_) => Problem::unavailable(reason.to_string()),
    })?;
    Ok(Json(Page::of(found, limit, |placed| placed.place.to_string()).map(|placed| placed.line)))
}
