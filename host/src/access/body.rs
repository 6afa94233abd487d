//! Bodies, of bounded length and within bounded time.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request},
    http::StatusCode,
};

use super::gate::Entry;
use horarium_sandbox::LONGEST_PLUGIN;

use crate::api::problem::Problem;

/// The longest body.
pub(crate) struct Longest;

impl Longest {
    /// In bytes.
    const BYTES: usize = 1 << 20;

    /// For the files of plugins.
    pub(crate) fn plugin() -> DefaultBodyLimit {
        DefaultBodyLimit::max(usize::try_from(LONGEST_PLUGIN).unwrap_or(usize::MAX))
    }

    /// For all routes that do not say otherwise.
    pub(crate) fn layer() -> DefaultBodyLimit {
        DefaultBodyLimit::max(Self::BYTES)
    }
}

/// Reads a body whole.
///
/// # Errors
/// Where it is too long, takes too long, or breaks off.
pub(crate) async fn whole(request: Request) -> Result<Bytes, Problem> {
    let timeout = request.extensions().get::<Entry>().map(Entry::timeout);
    let read = Bytes::from_request(request, &());
    let read = match timeout {
        Some(timeout) => tokio::time::timeout(timeout, read).await.map_err(|_| {
            let detail = format!("its body was not there after {timeout:?}");
            Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
        })?,
        None => read.await,
    };
    read.map_err(|reason| match reason.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "its body is longer than what is taken")
        }
        _ => Problem::malformed(reason.body_text()),
    })
}
