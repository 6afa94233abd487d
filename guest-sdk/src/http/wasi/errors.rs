//! What the host's errors mean.

use super::bindings::wasi::http::types::{ErrorCode, IoError, http_error_code};
use crate::http::ErrorKind;

/// What an error of the host's means.
pub(super) fn kind(code: ErrorCode) -> ErrorKind {
    let unreachable = |reason: &str| ErrorKind::Unreachable(reason.to_owned());
    match code {
        ErrorCode::HttpRequestDenied => ErrorKind::Denied,
        ErrorCode::DestinationIpProhibited => ErrorKind::Prohibited,
        ErrorCode::HttpRequestUriInvalid | ErrorCode::HttpRequestUriTooLong => {
            ErrorKind::Invalid(crate::http::url::HELP.to_owned())
        }
        ErrorCode::HttpRequestMethodInvalid => {
            ErrorKind::Invalid("there is no such method".to_owned())
        }
        ErrorCode::DnsTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => ErrorKind::Timeout,
        ErrorCode::DnsError(payload) => {
            let reason = payload.rcode.unwrap_or_default();
            ErrorKind::Unreachable(format!("the server's name leads nowhere: {reason}"))
        }
        ErrorCode::DestinationNotFound => unreachable("the server's name leads nowhere"),
        ErrorCode::ConnectionRefused => unreachable("the server takes no connections"),
        ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable => {
            unreachable("there is no way to the server")
        }
        ErrorCode::ConnectionLimitReached => unreachable("too many connections are open"),
        ErrorCode::TlsCertificateError => unreachable("the server's certificate is not trusted"),
        ErrorCode::TlsProtocolError | ErrorCode::TlsAlertReceived(_) => {
            unreachable("the server speaks no TLS that the host speaks")
        }
        ErrorCode::ConfigurationError => unreachable("the host is not set up for it"),
        ErrorCode::HttpRequestBodySize(most) => too_large("the bodies of requests", most),
        ErrorCode::HttpResponseBodySize(most) => too_large("the bodies of responses", most),
        ErrorCode::HttpResponseHeaderSectionSize(most) => {
            too_large("the headers of a response", most.map(u64::from))
        }
        ErrorCode::HttpResponseIncomplete | ErrorCode::ConnectionTerminated => {
            ErrorKind::Broken("the connection broke off".to_owned())
        }
        ErrorCode::HttpProtocolError => {
            ErrorKind::Broken("the server speaks no HTTP that the host speaks".to_owned())
        }
        ErrorCode::InternalError(reason) => ErrorKind::Broken(reason.unwrap_or_default()),
        other => ErrorKind::Broken(format!("{other:?}")),
    }
}

/// What the error of a body's stream means.
pub(super) fn stream_kind(reason: &IoError) -> ErrorKind {
    match http_error_code(reason) {
        Some(code) => kind(code),
        None => ErrorKind::Broken(reason.to_debug_string()),
    }
}

fn too_large(what: &str, most: Option<u64>) -> ErrorKind {
    ErrorKind::TooLarge(match most {
        Some(most) => format!("{what} have more than {most} bytes"),
        None => format!("{what} have too many bytes"),
    })
}
