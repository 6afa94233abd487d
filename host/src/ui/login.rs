//! Where one logs in.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::shell::{Here, Page, Shell};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    shell: Shell,
    /// Where to go then: a path of this host.
    next: &'a str,
    /// Why that did not work.
    problem: Option<&'a str>,
}

/// The form, with a word on what went wrong.
pub(crate) fn login(status: StatusCode, next: &str, problem: Option<&str>) -> Response {
    let shell = Shell::bare("Log in", Here::Nowhere);
    Page::of(status, &LoginPage { shell, next, problem }).into_response()
}
