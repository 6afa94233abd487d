//! What went wrong, as RFC 9457 has it.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use horarium_core::{
    name::TaskName,
    store::{Refusal, StoreError},
    text::escape,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::config::ProblemView;

/// The answer to a request that was not followed. Nothing has changed.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    /// What programs read beside it.
    more: Option<(&'static str, Value)>,
}

/// What went wrong, as RFC 9457 has it. Nothing has changed.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// Always `about:blank`: the status says all that programs can make of it.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    status: u16,
    /// What went wrong, for people.
    detail: String,
    /// More, for programs: lists of `misfits` or of a configuration's `problems`.
    #[serde(flatten)]
    more: Option<serde_json::Map<String, Value>>,
}

impl Problem {
    /// What went wrong, with a status of its own.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: escape(&detail.into()), more: None }
    }

    /// What programs make of it.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What people make of it; fit to be shown.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// There is no such thing.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// There is no such task.
    pub(crate) fn unknown_task(task: &TaskName) -> Self {
        Self::not_found(format!("there is no task `{task}`"))
    }

    /// The task is there, and can't run for these reasons.
    pub(crate) fn unusable_task(task: &TaskName, problems: &[ProblemView]) -> Self {
        let why: Vec<_> = problems.iter().map(ProblemView::sentence).collect();
        let why = match why.is_empty() {
            true => "its plugin is still being compiled".to_owned(),
            false => why.join("; "),
        };
        Self::conflict(format!("`{task}` can't run: {why}")).with("problems", json!(problems))
    }

    /// It is there, and can't be asked this way.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take this method")
    }

    /// The request makes no sense.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// It makes sense, and does not fit what it is meant for.
    pub(crate) fn misfit(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// It does not go with how things stand.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// As many ask for this at once as may.
    pub(super) fn busy(detail: impl Into<String>) -> Self {
        Self::unavailable(detail)
    }

    /// It can't be done now.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// The host is about to end.
    pub(crate) fn draining() -> Self {
        Self::unavailable("the host is stopping: nothing new starts")
    }

    /// No run of this task is made.
    pub(crate) fn refused(task: &TaskName, refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unknown => Self::unknown_task(task),
            Refusal::Paused(_) | Refusal::AllPaused | Refusal::Skipped(_) | Refusal::TooMany => {
                Self::conflict(format!("`{task}` is not started: {refusal}"))
            }
        }
    }

    /// Adds what programs read beside the words.
    pub(crate) fn with(self, name: &'static str, value: Value) -> Self {
        Self { more: Some((name, value)), ..self }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::unavailable(error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!(ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: self.detail,
            more: self.more.map(|(name, value)| [(name.to_owned(), value)].into_iter().collect()),
        });
        let kind = HeaderValue::from_static("application/problem+json");
        (self.status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
    }
}
