//! What its operator should hear of how the host is reached.

use std::sync::Arc;

/// Something that an operator should hear of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Notice {
    /// Nobody's token counts.
    #[error("{0}; no token is taken until then")]
    TokensUnusable(String),
    #[error("tokens are taken again")]
    TokensUsable,
    /// A certificate on the disk is broken.
    #[error("{0}; the last good certificate stays in use")]
    CertificateKept(String),
    #[error("the certificate was renewed")]
    CertificateRenewed,
    /// Nothing can be changed over the API.
    #[error("can't write the audit log: {0}; what would change something is refused until then")]
    AuditUnwritable(String),
    #[error("the audit log can be written again")]
    AuditWritable,
}

impl Notice {
    /// The event's name, for programs.
    pub(crate) const fn event(&self) -> &'static str {
        match self {
            Self::TokensUnusable(_) => "tokens_unusable",
            Self::TokensUsable => "tokens_usable",
            Self::CertificateKept(_) => "certificate_kept",
            Self::CertificateRenewed => "certificate_renewed",
            Self::AuditUnwritable(_) => "audit_unwritable",
            Self::AuditWritable => "audit_writable",
        }
    }
}

/// Whoever tells the operator. Does not wait.
pub(crate) type Notices = Arc<dyn Fn(&Notice) + Send + Sync>;
