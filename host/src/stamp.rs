//! Telling versions of a file from one another without reading them.

use std::{fs::Metadata, os::unix::fs::MetadataExt, path::Path};

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    length: u64,
    mode: u32,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// That of a file as it is now; none where there is none.
    pub(crate) fn of(file: &Path) -> Option<Self> {
        let stamp = |found: Metadata| Self {
            inode: found.ino(),
            length: found.len(),
            mode: found.mode(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        };
        std::fs::metadata(file).ok().map(stamp)
    }
}
