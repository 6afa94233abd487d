//! Where a plugin's own bytes are found, should it be compiled once more.

use std::path::PathBuf;

use bytes::Bytes;
use horarium_core::digest::Digest;

use crate::{cache::Cache, error::LoadError, load::PluginFile};

/// A place that has a plugin's bytes, or had them.
#[derive(Clone)]
pub(crate) enum Source {
    /// The cache, and the file that they were read from.
    Kept { file: Option<PathBuf> },
    /// Memory: there is no cache, or it is full.
    Held(Bytes),
}

impl Source {
    /// Sees to it that a plugin's bytes are found again.
    pub(crate) fn keep(file: PluginFile, cache: Option<&Cache>) -> Self {
        let Some(cache) = cache else { return Self::Held(file.bytes) };
        match cache.put_wasm(file.digest, &file.bytes) {
            Ok(()) => Self::Kept { file: file.path },
            Err(reason) => {
                tracing::warn!("can't keep a plugin in the compile cache: {reason}");
                Self::Held(file.bytes)
            }
        }
    }

    /// The bytes of this digest. Another process may have pruned the cache; then
    /// the file may still be what it was.
    pub(crate) fn bytes(&self, cache: Option<&Cache>, digest: Digest) -> Result<Bytes, LoadError> {
        let file = match self {
            Self::Held(bytes) => return Ok(bytes.clone()),
            Self::Kept { file } => file,
        };
        if let Some(bytes) = cache.and_then(|cache| cache.wasm(digest)) {
            return Ok(bytes);
        }
        let file = file.as_ref().and_then(|file| PluginFile::read(file).ok());
        match file {
            Some(file) if file.digest == digest => Ok(file.bytes),
            _ => Err(LoadError::Gone),
        }
    }
}
