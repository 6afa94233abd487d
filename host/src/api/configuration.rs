//! `/configuration`: what the host would make of another one.

use axum::{
    Json,
    extract::{Request, State},
};
use horarium_allocator::give_back;
use tokio::task::spawn_blocking;

use super::{
    Api,
    problem::{Problem, ProblemBody},
};
use crate::{
    access::{self, Longest},
    soundness::Soundness,
};

/// Checks a configuration as if it stood in the place of the one that is served, with the
/// plugins that the host has. Nothing is changed by that; what would be is said.
#[utoipa::path(post, path = "/configuration/check", tag = "host", operation_id = "check_configuration",
    request_body(content_type = "application/toml", description = "All of it; without it, one that says nothing."),
    responses(
        (status = 200, body = Soundness),
        (status = 413, description = "It is longer than any configuration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn check(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Soundness>, Problem> {
    let parts = api.parts()?;
    // Before its body is read: one at a time takes a few times as much memory as it is long.
    let _turn = parts.checking.lock().await;
    let bytes = access::whole(request, Longest::Configuration).await?;
    let text = String::from_utf8(bytes.into()).map_err(|reason| {
        let place = reason.utf8_error().valid_up_to();
        Problem::malformed(format!("its body is not UTF-8, from byte {place} on"))
    })?;
    let (running, library) = (parts.config.borrow().clone(), parts.library.clone());
    let check = move || {
        let checked = Soundness::in_place_of(&running, &library, &text);
        give_back();
        checked
    };
    let checked = spawn_blocking(check).await.map_err(|_| Problem::draining())?;
    checked.map(Json).map_err(|reason| Problem::unavailable(reason.to_string()))
}
