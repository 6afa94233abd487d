//! What is in a directory, some names at a time: a guest decides how many names
//! there are, and the host holds a few of them.

use std::collections::VecDeque;

use rustix::fs::{AtFlags, DirEntry, FileType, Mode, OFlags, openat, statat};
use wasmtime_wasi::{
    filesystem::Dir,
    p2::{
        FsResult,
        bindings::filesystem::types::{DescriptorType, DirectoryEntry, ErrorCode},
    },
};

use super::blocking;

/// Names that are read at once.
const BATCH: usize = 128;

type Batch = VecDeque<Result<DirectoryEntry, ErrorCode>>;

/// A directory that is being read.
pub(super) struct Listing {
    batch: Batch,
    /// Where the rest comes from; none where there is no rest.
    rest: Option<rustix::fs::Dir>,
}

impl Listing {
    pub(super) fn open(dir: &Dir) -> Result<Self, ErrorCode> {
        // Opened anew: the granted one was not opened to be read, and others read it.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let rest = openat(&*dir.dir, ".", flags, Mode::empty()).and_then(rustix::fs::Dir::new);
        Ok(Self { batch: Batch::new(), rest: Some(rest.map_err(super::open::code)?) })
    }

    /// The next name.
    pub(super) async fn next(&mut self) -> FsResult<Option<DirectoryEntry>> {
        if self.batch.is_empty()
            && let Some(rest) = self.rest.take()
        {
            (self.batch, self.rest) = blocking(move || Ok(read(rest))).await?;
        }
        Ok(self.batch.pop_front().transpose()?)
    }
}

fn read(mut dir: rustix::fs::Dir) -> (Batch, Option<rustix::fs::Dir>) {
    let mut batch = Batch::new();
    while batch.len() < BATCH {
        match dir.read() {
            None => return (batch, None),
            Some(Ok(entry)) if matches!(entry.file_name().to_bytes(), b"." | b"..") => {}
            Some(Ok(entry)) => batch.push_back(describe(&dir, &entry)),
            Some(Err(reason)) => {
                // It may say the same for ever.
                batch.push_back(Err(super::open::code(reason)));
                return (batch, None);
            }
        }
    }
    (batch, Some(dir))
}

fn describe(dir: &rustix::fs::Dir, entry: &DirEntry) -> Result<DirectoryEntry, ErrorCode> {
    let name = entry.file_name().to_str().map_err(|_| ErrorCode::IllegalByteSequence)?.to_owned();
    let kind = match entry.file_type() {
        // Not every file system says so beside the name.
        FileType::Unknown => dir
            .fd()
            .and_then(|dir| statat(dir, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW))
            .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
        known => known,
    };
    let type_ = match kind {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::Fifo => DescriptorType::Fifo,
        FileType::Socket => DescriptorType::Socket,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::Unknown => DescriptorType::Unknown,
    };
    Ok(DirectoryEntry { type_, name })
}
