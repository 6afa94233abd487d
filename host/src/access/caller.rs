//! Who asks, and from where.

use std::{fmt, net::SocketAddr};

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Serialize;

use super::{Scope, token::TokenId};

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A process of this machine, over the socket in the data directory.
    Socket {
        /// Its user.
        uid: u32,
    },
    /// Somebody on a network.
    Net {
        /// Where from.
        address: SocketAddr,
        /// Where the host was reached.
        reached: SocketAddr,
        /// Whether nobody on the way can read along.
        tls: bool,
    },
}

/// Somebody who may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) who: Who,
    /// How much.
    pub(crate) scope: Scope,
}

/// Who somebody is, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Who {
    /// Somebody who has shown no token.
    Anonymous,
    /// A user of this machine.
    Uid(u32),
    /// Who holds this token.
    Token {
        /// Its public half.
        id: TokenId,
        /// What its maker calls it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}

/// As the audit log has it.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Uid(uid) => write!(f, "uid {uid}"),
            Self::Token { id, name: None } => write!(f, "token {id}"),
            Self::Token { id, name: Some(name) } => write!(f, "token {id} ({name})"),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket { .. } => f.write_str("socket"),
            Self::Net { address, .. } => write!(f, "{address}"),
        }
    }
}

/// Of whoever asks behind a gate; none where nobody has been let in.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = super::Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        super::gate::caller(&parts.extensions)
    }
}
