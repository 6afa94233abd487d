//! A line of the audit log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::caller::{Peer, Who};

/// The longest target that is kept, in bytes.
const LONGEST: usize = 512;

/// What happened to a request that would change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuditEvent {
    /// It is about to be followed.
    Asked,
    /// It was answered, with `status`; without one, who had asked hung up before.
    Answered,
    /// Who asked was not let in, with `status`.
    Refused,
}

/// How many bytes an answer says were written or taken away, for the audit log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moved(pub(crate) u64);

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AuditLine {
    pub(crate) at: Timestamp,
    pub(crate) event: AuditEvent,
    /// The same for a request's `asked` and its `answered`.
    pub(crate) request: String,
    /// Who asked: `token ID (NAME)`, `uid N` over the host's socket, or `anonymous`.
    pub(crate) who: String,
    /// Where from: an address, or `socket`.
    pub(crate) peer: String,
    /// The operation, as the API's document names it.
    pub(crate) operation: String,
    /// The path that was asked for.
    pub(crate) target: String,
    /// The entry of a bucket that was meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// How many bytes were written there, or taken away. Never which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<u64>,
    /// The answer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// How many refused requests before this one have no line: there were too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_out: Option<u64>,
}

impl AuditLine {
    /// The line of a request that comes in.
    pub(crate) fn asked(
        request: String,
        who: Option<&Who>,
        peer: Peer,
        operation: &str,
        path: &str,
    ) -> Self {
        Self {
            at: Timestamp::now(),
            event: AuditEvent::Asked,
            request,
            who: who.unwrap_or(&Who::Anonymous).to_string(),
            peer: peer.to_string(),
            operation: operation.to_owned(),
            target: horarium_core::text::shown(path, LONGEST),
            key: None,
            bytes: None,
            status: None,
            left_out: None,
        }
    }

    /// The same where it means an entry of a bucket.
    pub(crate) fn with_key(self, key: Option<&str>) -> Self {
        Self { key: key.map(|key| horarium_core::text::shown(key, LONGEST)), ..self }
    }

    /// What became of it.
    pub(crate) fn then(&self, event: AuditEvent, status: Option<u16>) -> Self {
        Self { at: Timestamp::now(), event, status, ..self.clone() }
    }
}
