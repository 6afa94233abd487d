//! The API in OpenAPI's words.

use axum::{Json, Router};
use utoipa::{OpenApi, openapi};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Api, events, follow, host, next, plugins, problem::ProblemBody, runs, statistics, tasks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Horarium",
        description = "What a running host can be asked. Each answer that is none is a problem as RFC 9457 has it, and then nothing has changed. Lists come in pages: `next` of one is the `cursor` of the page after it, and the last one has none. Keys may be added to what is answered; unknown ones in what is asked are refused.",
        license(name = "MIT OR Apache-2.0"),
    ),
    servers((url = "/api/v1")),
    tags(
        (name = "host", description = "The host as a whole."),
        (name = "tasks", description = "What is scheduled."),
        (name = "runs", description = "What came of it."),
        (name = "plugins", description = "What there is to schedule."),
    ),
    components(schemas(ProblemBody)),
)]
struct Document;

/// All routes with what is said of them.
fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(host::show))
        .routes(routes!(host::pause))
        .routes(routes!(host::resume))
        .routes(routes!(host::reload))
        .routes(routes!(next::next))
        .routes(routes!(statistics::of_host))
        .routes(routes!(events::events))
        .routes(routes!(tasks::list))
        .routes(routes!(tasks::show))
        .routes(routes!(tasks::next))
        .routes(routes!(statistics::of_task))
        .routes(routes!(tasks::trigger))
        .routes(routes!(tasks::backfill))
        .routes(routes!(tasks::pause))
        .routes(routes!(tasks::resume))
        .routes(routes!(runs::list))
        .routes(routes!(runs::show))
        .routes(routes!(runs::log))
        .routes(routes!(follow::follow))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::rerun))
        .routes(routes!(plugins::list))
}

/// All routes, below the API's version; the document is one of them.
pub(super) fn router() -> Router<Api> {
    let (routes, document) = described().split_for_parts();
    let show = async move || Json(document.clone());
    Router::new().nest("/api/v1", routes.route("/openapi.json", axum::routing::get(show)))
}

/// The document.
pub(crate) fn document() -> openapi::OpenApi {
    described().into_openapi()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_the_one_that_is_checked_in() {
        let text = document().to_pretty_json().unwrap();
        let checked_in = include_str!("../../../docs/openapi.json");
        assert!(
            text == checked_in.trim_end(),
            "`cargo xtask schema` writes docs/openapi.json anew"
        );
    }
}
