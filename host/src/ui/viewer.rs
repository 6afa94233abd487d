//! Who looks at a page.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};

/// Who looks at a page, and what brought them here.
#[derive(Debug, Clone, Default)]
pub(super) struct Viewer {
    /// What was done just before, by the word that a redirection has for it.
    pub(super) done: Option<String>,
}

impl Viewer {
    /// Whether they may start and end runs.
    pub(super) fn may_run(&self) -> bool {
        true
    }

    /// Whether they may say what the host does.
    pub(super) fn may_admin(&self) -> bool {
        true
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let done = query.split('&').find_map(|pair| pair.strip_prefix("done="));
        Ok(Self { done: done.map(str::to_owned) })
    }
}
