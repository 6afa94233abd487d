//! What a route takes, and what is written down of it.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::MethodRouter,
};

use super::{
    Refused, Scope,
    audit::{AuditEvent, AuditLine, Moved},
    gate::{Entry, note_refused},
    login,
    origin::is_safe,
};

/// What a route takes.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) scope: Scope,
    /// Its name in the audit log.
    pub(crate) operation: String,
    pub(crate) door: Door,
}

/// For whom a route is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Programs: bodies are JSON, and who is not known hears so.
    Api,
    /// The same, with the file of a plugin.
    Upload,
    /// The same, with a configuration.
    Configuration,
    /// Browsers: bodies are forms, and who is not known is sent to log in.
    Page,
}

impl Rule {
    /// Whether what was asked for may be done.
    fn admits(&self, entry: &Entry, request: &Request) -> Result<(), Refused> {
        let caller = entry.caller()?;
        if caller.scope < self.scope {
            return Err(Refused::TooLittle { has: caller.scope, needed: self.scope });
        }
        let headers = request.headers();
        match self.door.takes().filter(|_| !is_safe(request.method()) && has_body(headers)) {
            Some(kind) if !is_kind(headers, kind) => Err(Refused::WrongKind(kind)),
            _ => Ok(()),
        }
    }
}

/// A route for those whose scope is enough. What changes something is written down first.
pub(crate) fn guarded<S: Clone + Send + Sync + 'static>(
    rule: Rule,
    route: MethodRouter<S>,
) -> MethodRouter<S> {
    let rule = Arc::new(rule);
    let pass = move |request: Request, next: Next| pass(rule.clone(), request, next);
    route.route_layer(middleware::from_fn(pass))
}

async fn pass(rule: Arc<Rule>, request: Request, next: Next) -> Response {
    // Without a gate before it nobody is let in.
    let Some(entry) = request.extensions().get::<Entry>().cloned() else {
        return Refused::NoToken.into_response();
    };
    if let Err(refused) = rule.admits(&entry, &request) {
        note_refused(&entry, request.method(), &rule.operation, refused);
        return rule.door.turn_away(refused, &request);
    }
    if is_safe(request.method()) {
        return next.run(request).await;
    }
    let line = entry.line(&rule.operation);
    if let Err(reason) = entry.gate().audit.keep(line.clone()).await {
        return rule.door.turn_away(Refused::Unaudited(reason), &request);
    }
    let mut answering = Answering { entry, line, status: None };
    let response = next.run(request).await;
    answering.status = Some(response.status());
    answering.line.bytes = response.extensions().get().map(|Moved(bytes)| *bytes);
    response
}

/// A request that is being followed; writes down what it was answered. That is nothing
/// where whoever asked has hung up meanwhile.
struct Answering {
    entry: Entry,
    line: AuditLine,
    status: Option<StatusCode>,
}

impl Drop for Answering {
    fn drop(&mut self) {
        let status = self.status.map(|status| status.as_u16());
        self.entry.gate().audit.note(self.line.then(AuditEvent::Answered, status));
    }
}

impl Door {
    /// What kind of body a route takes. None that a form can have on another site.
    const fn takes(self) -> Option<&'static str> {
        match self {
            Self::Api => Some("application/json"),
            Self::Upload => Some("application/wasm"),
            Self::Configuration => Some("application/toml"),
            Self::Page => None,
        }
    }

    fn turn_away(self, refused: Refused, request: &Request) -> Response {
        let is_sent = self == Self::Page && refused.is_unknown() && is_safe(request.method());
        let mut response = match is_sent {
            true => Redirect::to(&login::address(&request.uri().to_string())).into_response(),
            false => refused.into_response(),
        };
        // A page may say it in its own way.
        response.extensions_mut().insert(refused);
        response
    }
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

fn is_kind(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_body_is_json_where_it_says_so() {
        let headers = |pairs: &[(HeaderName, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
                .collect()
        };
        const JSON: &str = "application/json";
        let kind = |kind| is_kind(&headers(&[(header::CONTENT_TYPE, kind)]), JSON);
        assert!(kind("application/json") && kind("Application/JSON; charset=utf-8"));
        assert!(
            !kind("text/plain") && !kind("application/jsonp") && !is_kind(&HeaderMap::new(), JSON)
        );
        assert!(!has_body(&HeaderMap::new()));
        assert!(!has_body(&headers(&[(header::CONTENT_LENGTH, "0")])));
        assert!(has_body(&headers(&[(header::CONTENT_LENGTH, "1")])));
        assert!(has_body(&headers(&[(header::TRANSFER_ENCODING, "chunked")])));
    }
}
