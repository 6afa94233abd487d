//! A page that says what went wrong.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use horarium_core::store::StoreError;

use super::shell::{Here, Page, Shell};
use crate::api::Problem;

/// A request that was not followed; nothing has changed.
#[derive(Debug)]
pub(super) struct Refused(pub(super) Problem);

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    status: StatusCode,
    title: String,
    detail: String,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let title = status.canonical_reason().unwrap_or("Refused").to_owned();
        let shell = Shell::bare(title.clone(), Here::Nowhere);
        let detail = self.0.detail().to_owned();
        Page::of(status, &ErrorPage { shell, status, title, detail }).into_response()
    }
}
