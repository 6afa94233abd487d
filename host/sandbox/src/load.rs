//! Plugin files, and what makes one a plugin.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use horarium_core::{digest::Digest, text};
use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;

use crate::error::LoadError;

/// The longest plugin file, in bytes.
pub const LONGEST_PLUGIN: u64 = 64 << 20;

/// The longest text of a plugin's that is shown in an error, in bytes.
const SHOWN: usize = 1 << 10;

/// A plugin file, read once; these very bytes are hashed, compiled and run.
pub(crate) struct PluginFile {
    pub(crate) digest: Digest,
    pub(crate) bytes: Bytes,
    /// Where it was read from.
    pub(crate) path: Option<PathBuf>,
}

impl PluginFile {
    /// Reads a file, bounded.
    pub(crate) fn read(path: &Path) -> Result<Self, LoadError> {
        // Without waiting: nobody may ever write to a FIFO.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Err(LoadError::NotThere),
            // What a socket says to whoever opens it.
            Err(Errno::NXIO) => return Err(LoadError::NotAFile),
            Err(reason) => return Err(io::Error::from(reason).into()),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(LoadError::NotAFile);
        }
        let most = metadata.len().min(LONGEST_PLUGIN) + 1;
        let mut bytes = Vec::with_capacity(usize::try_from(most).unwrap_or_default());
        file.take(LONGEST_PLUGIN + 1).read_to_end(&mut bytes)?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > LONGEST_PLUGIN {
            let length = metadata.len().max(length);
            return Err(LoadError::TooLarge { length, limit: LONGEST_PLUGIN });
        }
        Ok(Self { path: Some(path.to_owned()), ..Self::from_bytes(bytes.into())? })
    }

    /// Takes a file's content.
    pub(crate) fn from_bytes(bytes: Bytes) -> Result<Self, LoadError> {
        recognise(&bytes)?;
        let digest = Digest::new(Sha256::digest(&bytes).into());
        Ok(Self { digest, bytes, path: None })
    }
}

/// Says what a file is that can't be a plugin, better than a parser would.
fn recognise(bytes: &[u8]) -> Result<(), LoadError> {
    match bytes {
        [] => Err(LoadError::Empty),
        _ if Engine::detect_precompiled(bytes).is_some() => Err(LoadError::Precompiled),
        [0, b'a', b's', b'm', ..] => Ok(()),
        _ => {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(16)]).into_owned();
            Err(LoadError::NotWasm(text::escape(&start)))
        }
    }
}

/// An error that may hold words of the plugin's.
pub(crate) fn shown(reason: &wasmtime::Error) -> String {
    shown_text(&format!("{reason:#}"))
}

/// Text that may hold words of the plugin's.
pub(crate) fn shown_text(text: &str) -> String {
    text::shown(text, SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        PluginFile::from_bytes(bytes.to_vec().into())
            .err()
            .map_or_else(String::new, |e| e.to_string())
    }

    #[test]
    fn what_is_no_plugin_is_named() {
        assert!(refusal(b"").contains("empty"));
        assert!(refusal(b"#!/bin/sh\x1b[31m\n").contains("#!/bin/sh\\\\u{1b}"));
        assert_eq!(refusal(b"\0asm\x0d\0\x01\0"), "");
    }

    #[test]
    fn a_directory_is_no_plugin_and_a_missing_file_says_so() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(PluginFile::read(dir.path()), Err(LoadError::NotAFile)));
        assert!(matches!(PluginFile::read(&dir.path().join("none")), Err(LoadError::NotThere)));
    }
}
