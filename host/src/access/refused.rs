//! Why somebody is not let in, and how that is answered.

use std::io;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Scope, keyring::Worthless};
use crate::api::problem::Problem;

/// Why a request was not passed on. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// It is asked by a name that is not this host's.
    #[error(
        "this host is not asked by this name; `web.hosts` in its configuration lists the names that it has"
    )]
    Misdirected,
    /// It says no name, or several.
    #[error("a request has one `Host`")]
    NoHost,
    /// Another site makes a browser ask.
    #[error("another site makes this browser ask; only pages of this host change anything")]
    Foreign,
    /// Nobody has said who they are.
    #[error("this takes a token; `horarium token new` makes one")]
    NoToken,
    /// Credentials of another kind, or several.
    #[error("credentials look like this, once: `Authorization: Bearer hor_…`")]
    WrongScheme,
    /// The token is worth nothing.
    #[error(transparent)]
    Worthless(#[from] Worthless),
    /// The token's scope is too little.
    #[error("this takes a token with scope `{needed}`, and that of this one is `{has}`")]
    TooLittle {
        /// What it has.
        has: Scope,
        /// What it takes.
        needed: Scope,
    },
    /// A body of another kind.
    #[error("its body has to be `{0}`")]
    WrongKind(&'static str),
    /// What can't be written down is not done.
    #[error("the audit log can't be written, and so nothing is changed: {0}")]
    Unaudited(io::ErrorKind),
}

impl Refused {
    /// The status that says so.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::NoHost => StatusCode::BAD_REQUEST,
            Self::Foreign | Self::TooLittle { .. } => StatusCode::FORBIDDEN,
            Self::NoToken | Self::WrongScheme | Self::Worthless(_) => StatusCode::UNAUTHORIZED,
            Self::WrongKind(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unaudited(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether it would be another thing with another token.
    pub(crate) const fn is_unknown(self) -> bool {
        matches!(self, Self::NoToken | Self::WrongScheme | Self::Worthless(_))
    }

    /// What it asks for, as RFC 6750 has it.
    fn challenge(self) -> Option<HeaderValue> {
        let text = match self {
            Self::NoToken | Self::WrongScheme => "Bearer realm=\"horarium\"".to_owned(),
            Self::Worthless(_) => "Bearer realm=\"horarium\", error=\"invalid_token\"".to_owned(),
            Self::TooLittle { needed, .. } => {
                format!(
                    "Bearer realm=\"horarium\", error=\"insufficient_scope\", scope=\"{needed}\""
                )
            }
            _ => return None,
        };
        HeaderValue::from_str(&text).ok()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = Problem::new(self.status(), self.to_string()).into_response();
        if let Some(challenge) = self.challenge() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
