//! What whoever watches an attempt is told of its requests.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    attempt::{HttpEnd, HttpRequest, Observer},
    net::Scheme,
    text,
};
use http::Request;
use jiff::Timestamp;
use tokio::time::Instant;
use wasmtime_wasi_http::Error;

use super::hooks::Answer;
use crate::state::SharedCapture;

/// The longest method and the longest name that are told, in bytes. Of a request that was
/// refused, the guest has chosen them.
const LONGEST: usize = 255;

/// A request under way. It is told when it ends, by being dropped as well.
pub(super) struct Telling {
    observer: Arc<dyn Observer>,
    begun: Instant,
    request: Option<HttpRequest>,
}

impl Telling {
    /// A request that was just asked for.
    pub(super) fn begin<B>(capture: &SharedCapture, request: &Request<B>) -> Self {
        let uri = request.uri();
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            _ => Scheme::Https,
        };
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        // Before it is cut: half a secret is not found.
        let shown = |word: &str| text::shown(&capture.redactor().redact(word), LONGEST);
        let request = HttpRequest {
            at: Timestamp::now(),
            took: Duration::ZERO,
            method: shown(request.method().as_str()),
            scheme,
            host: shown(host),
            port: uri.port_u16().unwrap_or(scheme.port()),
            end: HttpEnd::Abandoned,
        };
        Self { observer: capture.observer(), begun: Instant::now(), request: Some(request) }
    }

    /// Tells how it ended.
    pub(super) fn end(mut self, answer: &Answer) {
        self.tell(match answer {
            Ok((response, _)) => HttpEnd::Answered(response.status().as_u16()),
            Err(reason) => HttpEnd::Failed(word(reason)),
        });
    }

    fn tell(&mut self, end: HttpEnd) {
        if let Some(request) = self.request.take() {
            self.observer.requested(HttpRequest { took: self.begun.elapsed(), end, ..request });
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.tell(HttpEnd::Abandoned);
    }
}

/// The name of a reason, as in `wasi:http`.
fn word(reason: &Error) -> &'static str {
    match reason {
        Error::DnsTimeout => "DNS-timeout",
        Error::DnsError { .. } => "DNS-error",
        Error::DestinationNotFound => "destination-not-found",
        Error::DestinationUnavailable => "destination-unavailable",
        Error::DestinationIpProhibited => "destination-IP-prohibited",
        Error::DestinationIpUnroutable => "destination-IP-unroutable",
        Error::ConnectionRefused | Error::Connect(_) => "connection-refused",
        Error::ConnectionTerminated => "connection-terminated",
        Error::ConnectionTimeout => "connection-timeout",
        Error::ConnectionReadTimeout => "connection-read-timeout",
        Error::ConnectionWriteTimeout => "connection-write-timeout",
        Error::ConnectionLimitReached => "connection-limit-reached",
        Error::TlsProtocolError | Error::Tls(_) => "TLS-protocol-error",
        Error::TlsCertificateError => "TLS-certificate-error",
        Error::TlsAlertReceived { .. } => "TLS-alert-received",
        Error::HttpRequestDenied => "HTTP-request-denied",
        Error::HttpRequestBodySize(_) => "HTTP-request-body-size",
        Error::HttpRequestUriInvalid => "HTTP-request-URI-invalid",
        Error::HttpResponseIncomplete => "HTTP-response-incomplete",
        Error::HttpResponseHeaderSectionSize(_) => "HTTP-response-header-section-size",
        Error::HttpResponseBodySize(_) => "HTTP-response-body-size",
        Error::HttpResponseTimeout => "HTTP-response-timeout",
        Error::HttpProtocolError | Error::Hyper(_) => "HTTP-protocol-error",
        // Nothing here ends so.
        _ => "internal-error",
    }
}
