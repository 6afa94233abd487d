//! How long each phase of a request may take.

use std::time::Duration;

use horarium_core::net::http::HttpLimits;
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, RequestOptions};

/// The host's timeouts, or the guest's where those are shorter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) resolve: Duration,
    pub(super) connect: Duration,
    pub(super) handshake: Duration,
    pub(super) first_byte: Duration,
    pub(super) between_bytes: Duration,
}

impl Patience {
    pub(super) fn new(limits: &HttpLimits, options: &RequestOptions) -> Self {
        let shorter = |ours: Duration, theirs: Option<Duration>| theirs.unwrap_or(ours).min(ours);
        // To a guest, all that comes before the request is "to connect".
        Self {
            resolve: shorter(limits.resolve, options.connect_timeout),
            connect: shorter(limits.connect, options.connect_timeout),
            handshake: shorter(limits.handshake, options.connect_timeout),
            first_byte: shorter(limits.first_byte, options.first_byte_timeout),
            between_bytes: shorter(limits.between_bytes, options.between_bytes_timeout),
        }
    }
}

/// A phase that fails with `too_late` when its time is over.
pub(super) async fn within<T>(
    time: Duration,
    too_late: Error,
    phase: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    timeout(time, phase).await.unwrap_or(Err(too_late))
}
