//! What all pages have in common.

use askama::Template;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

use super::{
    assets::{self, Addresses},
    viewer::Viewer,
    words::Moment,
};

/// Nothing but what this host serves, and nothing that stands in the page itself: text that
/// would be taken for mark-up by mistake does nothing.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Which of the main pages one belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Overview,
    Tasks,
    Runs,
    Plugins,
    Alerts,
    Nowhere,
}

/// What happened to a form, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) text: &'static str,
    /// Whether that is what was wanted.
    pub(super) good: bool,
}

/// The frame of a page.
pub(super) struct Shell {
    pub(super) title: String,
    pub(super) here: Here,
    pub(super) now: Timestamp,
    pub(super) notice: Option<Notice>,
    /// Who looks at it.
    pub(super) viewer: Viewer,
    pub(super) assets: &'static Addresses,
}

impl Shell {
    pub(super) fn new(title: impl Into<String>, here: Here, viewer: Viewer) -> Self {
        let notice = viewer.done.as_deref().and_then(done);
        let (now, assets) = (Timestamp::now(), assets::addresses());
        Self { title: title.into(), here, now, notice, viewer, assets }
    }

    /// A frame for whoever it may be.
    pub(super) fn bare(title: impl Into<String>, here: Here) -> Self {
        Self::new(title, here, Viewer::default())
    }

    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    pub(super) fn clock(&self) -> Moment {
        Moment::clock(self.now)
    }

    /// The main pages: their addresses, their names, and whether this is one of them.
    pub(super) fn pages(&self) -> [(&'static str, &'static str, bool); 5] {
        let pages = [
            ("/", "Overview", Here::Overview),
            ("/tasks", "Tasks", Here::Tasks),
            ("/runs", "Runs", Here::Runs),
            ("/plugins", "Plugins", Here::Plugins),
            ("/alerts", "Alerts", Here::Alerts),
        ];
        pages.map(|(href, name, here)| (href, name, here == self.here))
    }
}

/// What a word in an address stands for. A sentence that stood there itself could be
/// anybody's.
fn done(word: &str) -> Option<Notice> {
    let good = |text| Some(Notice { text, good: true });
    match word {
        "triggered" => good("This is the new run."),
        "known" => good("There is a run with this key already: this one."),
        "rerun" => good("This is the new run; it repeats the other one."),
        "cancelled" => good("The run is over."),
        "stopping" => good("The guest is being stopped."),
        "paused" => good("Nothing of this task starts any more, until somebody resumes it."),
        "resumed" => good("The task starts again."),
        "resumed-paused" => good("The task is resumed; it starts once everything is resumed."),
        "resumed-unusable" => {
            Some(Notice { text: "The task is resumed, and can't run: below is why.", good: false })
        }
        "host-paused" => good("Nothing starts any more, until somebody resumes it."),
        "host-resumed" => good("Everything starts again."),
        "arrived" => good("The test has arrived."),
        "rolled-back" => good("This version is in use again."),
        "removed" => good("The plugin is gone; its versions are kept."),
        "written" => good("The entry is written."),
        "deleted" => good("The entry is gone."),
        "forgotten" => good("The checkpoint is gone."),
        "cleared" => good("The bucket is empty."),
        "reloaded" => good("The configuration was read anew."),
        "not-reloaded" => Some(Notice {
            text: "The configuration is broken and was not taken over; below is what is wrong.",
            good: false,
        }),
        _ => None,
    }
}

/// A page, ready to be sent.
pub(super) struct Page(StatusCode, String);

impl Page {
    pub(super) fn of(status: StatusCode, template: &impl Template) -> Self {
        // Writing to a string can't fail, and no template has anything else that could.
        Self(status, template.render().unwrap_or_default())
    }

    pub(super) fn good(template: &impl Template) -> Self {
        Self::of(StatusCode::OK, template)
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers: [(HeaderName, &'static str); 3] = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
        ];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        (self.0, headers, self.1).into_response()
    }
}
