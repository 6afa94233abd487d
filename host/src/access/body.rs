//! Bodies, of bounded length and within bounded time.

use axum::{
    body::{Bytes, HttpBody, to_bytes},
    extract::Request,
    http::StatusCode,
};
use horarium_sandbox::LONGEST_PLUGIN;
use http_body_util::LengthLimitError;

use super::gate::Entry;
use crate::{api::problem::Problem, config::load};

/// How long a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Longest {
    /// One that says what is wanted.
    Wish,
    /// What an entry of a bucket is to hold.
    Entry,
    /// A plugin's file.
    Plugin,
    /// A configuration's text.
    Configuration,
}

impl Longest {
    /// In bytes.
    const fn bytes(self) -> u64 {
        match self {
            Self::Wish => 1 << 20,
            // 16 MiB, which is what a bucket holds where nobody says, as base64.
            Self::Entry => 24 << 20,
            Self::Plugin => LONGEST_PLUGIN,
            Self::Configuration => load::LARGEST,
        }
    }
}

/// Reads a body whole.
///
/// # Errors
/// Where it is too long, takes too long, or breaks off.
pub(crate) async fn whole(request: Request, longest: Longest) -> Result<Bytes, Problem> {
    let timeout = request.extensions().get::<Entry>().map(Entry::timeout);
    let body = request.into_body();
    // Nobody has to send what is refused anyway.
    if body.size_hint().lower() > longest.bytes() {
        return Err(too_long());
    }
    let read = to_bytes(body, usize::try_from(longest.bytes()).unwrap_or(usize::MAX));
    let read = match timeout {
        Some(timeout) => tokio::time::timeout(timeout, read).await.map_err(|_| {
            let detail = format!("its body was not there after {timeout:?}");
            Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
        })?,
        None => read.await,
    };
    read.map_err(|reason| match reason.into_inner().is::<LengthLimitError>() {
        true => too_long(),
        false => Problem::malformed("its body breaks off"),
    })
}

fn too_long() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "its body is longer than what is taken")
}
