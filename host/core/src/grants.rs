//! What a guest may touch outside of itself. Nothing, unless it stands here.

use std::path::PathBuf;

use crate::net::http::HttpGrant;

/// Everything that a task was granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Directories that the guest finds open.
    pub dirs: Vec<DirGrant>,
    /// Its whole environment, in the order of the names.
    pub env: Vec<(String, Secret)>,
    /// HTTP requests that it may send.
    pub http: Vec<HttpGrant>,
}

/// A host directory that a guest sees under a path of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirGrant {
    /// The directory on the host, absolute.
    pub host: PathBuf,
    /// The path that the guest finds it under.
    pub guest: String,
    /// What the guest may do below it.
    pub access: DirAccess,
}

/// What a guest may do below a granted directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirAccess {
    /// Look at names and contents.
    ReadOnly,
    /// Create, change and remove as well.
    ReadWrite,
}

/// A value that is nobody's business: it neither prints nor serialises.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself. Whoever calls this hands it to the guest and nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let grants =
            Grants { env: vec![("TOKEN".into(), Secret::new("hunter2"))], ..Grants::default() };
        assert!(!format!("{grants:?}").contains("hunter2"));
    }
}
