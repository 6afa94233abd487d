//! The API in OpenAPI's words.

use axum::{Json, Router};
use utoipa::{
    OpenApi,
    openapi::{
        self, ContentBuilder, PathItem, Ref, ResponseBuilder,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter},
    routes,
};

use super::{
    Api, alerts, audit, channels, checkpoint, configuration, events, follow, host, next, plugins,
    problem::ProblemBody, runs, state, statistics, tasks, versions,
};
use crate::access::{Door, Rule, Scope, guarded};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Horarium",
        description = "What a running host can be asked. Each answer that is none is a problem as RFC 9457 has it, and then nothing has changed. Lists come in pages: `next` of one is the `cursor` of the page after it, and the last one has none. Keys may be added to what is answered; unknown ones in what is asked are refused. A body is `application/json` where nothing else is said. Over a network it takes a token, and each operation says with which scope; what would change something is written to an audit log before it is done.",
        license(name = "MIT OR Apache-2.0"),
    ),
    servers((url = "/api/v1")),
    tags(
        (name = "host", description = "The host as a whole."),
        (name = "tasks", description = "What is scheduled."),
        (name = "runs", description = "What came of it."),
        (name = "state", description = "What tasks keep from one run to the next. Which buckets and keys there are takes `read`; values take `admin`, since nobody has said that others may see them."),
        (name = "plugins", description = "What there is to schedule."),
        (name = "alerts", description = "What people are told of tasks, and where."),
        (name = "audit", description = "Who changed what."),
    ),
    components(schemas(ProblemBody)),
)]
struct Document;

/// All routes with what is said of them, and the scope that each takes.
fn described() -> OpenApiRouter<Api> {
    use Scope::{Admin, Read, Run};
    let mut document = Document::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("hor_ID_SECRET");
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer.build()));
    Routes(OpenApiRouter::with_openapi(document))
        .add(Read, routes!(host::show))
        .add(Admin, routes!(host::pause))
        .add(Admin, routes!(host::resume))
        .add(Admin, routes!(host::reload))
        .add_for(Door::Configuration, Admin, routes!(configuration::check))
        .add(Read, routes!(next::next))
        .add(Read, routes!(statistics::of_host))
        .add(Read, routes!(events::events))
        .add(Read, routes!(tasks::list))
        .add(Read, routes!(tasks::show))
        .add(Read, routes!(tasks::next))
        .add(Read, routes!(statistics::of_task))
        .add(Run, routes!(tasks::trigger))
        .add(Run, routes!(tasks::backfill))
        .add(Admin, routes!(tasks::pause))
        .add(Admin, routes!(tasks::resume))
        .add(Read, routes!(runs::list))
        .add(Read, routes!(runs::show))
        .add(Read, routes!(runs::log))
        .add(Read, routes!(follow::follow))
        .add(Run, routes!(runs::cancel))
        .add(Run, routes!(runs::rerun))
        .add(Admin, routes!(checkpoint::show))
        .add(Admin, routes!(checkpoint::delete))
        .add(Read, routes!(plugins::list))
        .add(Read, routes!(plugins::show))
        .add_for(Door::Upload, Admin, routes!(plugins::upload))
        .add(Admin, routes!(plugins::remove))
        .add(Read, routes!(versions::list))
        .add(Admin, routes!(versions::roll_back))
        .add(Read, routes!(state::list))
        .add(Read, routes!(state::show))
        .add(Admin, routes!(state::clear))
        .add(Read, routes!(state::entries::list))
        .add(Admin, routes!(state::entries::show))
        .add(Admin, routes!(state::entries::set))
        .add(Admin, routes!(state::entries::delete))
        .add(Admin, routes!(state::export::export))
        .add(Read, routes!(alerts::list))
        .add(Read, routes!(channels::list))
        .add(Admin, routes!(channels::test))
        .add(Admin, routes!(audit::list))
        .0
}

/// The security scheme's name in the document.
const TOKEN: &str = "token";

/// Routes, each of which says what scope it takes.
struct Routes(OpenApiRouter<Api>);

impl Routes {
    fn add(self, scope: Scope, route: UtoipaMethodRouter<Api>) -> Self {
        self.add_for(Door::Api, scope, route)
    }

    fn add_for(self, door: Door, scope: Scope, route: UtoipaMethodRouter<Api>) -> Self {
        let (schemas, mut paths, handlers) = route;
        let mut operation = String::new();
        for said in paths.paths.values_mut().flat_map(operations) {
            operation = said.operation_id.clone().unwrap_or_default();
            said.security = Some(vec![SecurityRequirement::new(TOKEN, [scope.as_str()])]);
            let too_little = format!("The token's scope is less than `{scope}`.");
            for (status, description) in
                [("401", "It takes a token, and there is none that counts."), ("403", &*too_little)]
            {
                let problem = Ref::from_schema_name("Problem");
                let content = ContentBuilder::new().schema(Some(problem)).build();
                let response = ResponseBuilder::new()
                    .description(description)
                    .content("application/problem+json", content);
                said.responses.responses.insert(status.to_owned(), response.build().into());
            }
        }
        let rule = Rule { scope, operation, door };
        Self(self.0.routes((schemas, paths, guarded(rule, handlers))))
    }
}

/// What can be done at a path.
fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = path;
    [get, put, post, delete, patch].into_iter().filter_map(Option::as_mut)
}

/// All routes, below the API's version; the document is one of them.
pub(super) fn router() -> Router<Api> {
    let (routes, document) = described().split_for_parts();
    let show = axum::routing::get(async move || Json(document.clone()));
    let rule = Rule { scope: Scope::Read, operation: "show_document".to_owned(), door: Door::Api };
    Router::new().nest("/api/v1", routes.route("/openapi.json", guarded(rule, show)))
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
