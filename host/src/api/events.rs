//! `/events`: what happens on the host, as it happens.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::{self, Stream};
use horarium_core::name::TaskName;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    problem::{Problem, ProblemBody},
    read::Params,
};
use crate::telemetry::hub::{FOLLOWERS, Hub, Listening, News};

/// After so long without an event a stream says that it is there still.
const SIGN: Duration = Duration::from_secs(15);

/// An event of a stream, as its lines say.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is written line by line; this is for the document")]
pub(super) struct SentEvent {
    /// What happened.
    event: String,
    /// More of it, as JSON.
    #[schema(content_media_type = "application/json")]
    data: String,
    /// Where to go on after it, where that can be said.
    id: Option<String>,
}

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those that are about this task.
    #[param(value_type = Option<String>)]
    task: Option<TaskName>,
}

/// What happens, as it happens.
///
/// Server-sent events, each with JSON as its data and the same words as `serve --json`
/// has: `fired`, `skipped`, `started`, `progress`, `ended`, `expired`, `cancelled`,
/// `superseded`, `quarantined`, `store_trouble`, `store_recovered`, `clock_behind`. The
/// first one is `ready`: whoever reads lists after it misses nothing. `missed` says how
/// many events came too fast for this follower; the lists have what came of them. Logs
/// are not among them: a run's log is followed by itself.
#[utoipa::path(get, path = "/events", tag = "host", operation_id = "follow_host", params(Which),
    responses(
        (status = 200, description = "Until the host ends.", body = SentEvent, content_type = "text/event-stream"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn events(
    State(api): State<Api>,
    Params(which): Params<Which>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let listening = listen(&api.parts()?.hub)?;
    let ready = Event::default().event("ready").data(json!({ "event": "ready" }).to_string());
    let rest = stream::unfold((listening, which.task), next);
    Ok(stream_of(stream::StreamExt::chain(stream::iter([Ok(ready)]), rest)))
}

async fn next(
    (mut listening, task): (Listening, Option<TaskName>),
) -> Option<(Result<Event, Infallible>, (Listening, Option<TaskName>))> {
    loop {
        let event = match listening.next().await? {
            News::Told(told) if task.is_some() && told.task != task => continue,
            News::Told(told) => Event::default().event(&told.name).data(&told.json),
            News::Missed(count) => {
                let missed = json!({ "event": "missed", "count": count });
                Event::default().event("missed").data(missed.to_string())
            }
        };
        return Some((Ok(event), (listening, task)));
    }
}

fn listen(hub: &Arc<Hub>) -> Result<Listening, Problem> {
    hub.listen().ok_or_else(too_many)
}

/// As many follow something as may.
pub(super) fn too_many() -> Problem {
    Problem::busy(format!("{FOLLOWERS} follow something already, and no more may"))
}

/// A stream that says now and then that it is there still.
pub(super) fn stream_of<S>(events: S) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    S: Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN).text("still here"))
}
