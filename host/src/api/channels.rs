//! `/channels`: where people are told of tasks.

use axum::{Json, extract::State, http::StatusCode};
use horarium_core::name::ChannelName;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Api,
    problem::{Problem, ProblemBody},
    read::Named,
};
use crate::{
    config::meant,
    describe::ChannelView,
    notify::{self, Message},
};

/// The configuration's channels, by name.
#[utoipa::path(get, path = "/channels", tag = "alerts", operation_id = "list_channels", responses(
    (status = 200, body = Vec<ChannelView>),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Vec<ChannelView>>, Problem> {
    let config = api.parts()?.config.borrow().clone();
    Ok(Json(config.channels.iter().map(ChannelView::of).collect()))
}

/// What came of a test.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tested {
    /// The message's id.
    id: String,
}

/// Sends a message that says it is a test, once, and waits until it has arrived: where a
/// task is the channel, until its run has succeeded, or for ten seconds.
#[utoipa::path(post, path = "/channels/{channel}/test", tag = "alerts", operation_id = "test_channel",
    params(("channel" = String, Path, description = "The channel's name.")),
    responses(
        (status = 200, body = Tested),
        (status = 404, description = "There is no such channel.", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 502, description = "It did not arrive; `detail` says why.", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn test(
    State(api): State<Api>,
    Named(name): Named<ChannelName>,
) -> Result<Json<Tested>, Problem> {
    let parts = api.parts()?;
    let config = parts.config.borrow().clone();
    let channel = config.channels.iter().find(|channel| channel.name == name);
    let channel = channel.ok_or_else(|| {
        let names: Vec<_> = config.channels.iter().map(|it| it.name.as_str()).collect();
        Problem::not_found(format!(
            "there is no channel `{name}`; {}",
            meant(name.as_str(), &names)
        ))
    })?;
    let message = Message::test(parts.store.instance(), Timestamp::now());
    match notify::deliver(&channel.way, &message, &parts.control, &parts.store).await {
        Ok(()) => Ok(Json(Tested { id: message.id })),
        Err(undelivered) => {
            let detail = format!("the test has not come to `{name}`: {}", undelivered.error);
            Err(Problem::new(StatusCode::BAD_GATEWAY, detail))
        }
    }
}
