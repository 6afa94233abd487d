//! Opening by name, below a directory that is open already.
//!
//! A name can lead to something that is no file. To open a FIFO waits for whoever
//! opens its other end, to open a device can do anything, and a few hundred threads
//! that wait are all that the host has for files. So a name is looked at first,
//! which opens nothing, and what is opened then is looked at once more.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, OwnedFd},
};

use rustix::{
    fs::{
        self, AtFlags, FileType, FsWord, Mode, OFlags, ResolveFlags, StatFs, Timespec, Timestamps,
        UTIME_NOW, UTIME_OMIT, openat2,
    },
    io::Errno,
};
use wasmtime_wasi::{
    FsPerms, OpenMode,
    filesystem::{Descriptor, Dir},
    p2::bindings::filesystem::types::{
        DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
    },
};

use super::budget::{BLOCK, Budget, OverBudget};

/// How often a look-up is tried that somebody's renaming disturbs.
const TRIES: usize = 16;

/// What a guest wants of a file.
pub(super) struct How {
    flags: OFlags,
    mode: OpenMode,
    follow: bool,
    directory: bool,
    creates: bool,
}

impl How {
    /// What these flags mean where this may be done.
    pub(super) fn new(
        path: PathFlags,
        open: OpenFlags,
        descriptor: DescriptorFlags,
        perms: FsPerms,
    ) -> Result<Self, ErrorCode> {
        let sync = DescriptorFlags::FILE_INTEGRITY_SYNC
            | DescriptorFlags::DATA_INTEGRITY_SYNC
            | DescriptorFlags::REQUESTED_WRITE_SYNC;
        if descriptor.intersects(sync) {
            return Err(ErrorCode::Unsupported);
        }
        let changes = OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE;
        let directory = open.contains(OpenFlags::DIRECTORY);
        if directory && open.intersects(changes) {
            return Err(ErrorCode::Invalid);
        }
        let creates = open.contains(OpenFlags::CREATE);
        let truncates = open.contains(OpenFlags::TRUNCATE);
        let writes = creates || truncates || descriptor.contains(DescriptorFlags::WRITE);
        // What is not opened to be written is opened to be read.
        let reads = descriptor.contains(DescriptorFlags::READ)
            || !descriptor.contains(DescriptorFlags::WRITE);
        if writes && perms.write_not_permitted() {
            return Err(ErrorCode::NotPermitted);
        }
        // Never waits, never becomes the host's terminal.
        let mut flags = OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        flags |= match (reads, writes) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            (_, false) => OFlags::RDONLY,
        };
        flags.set(OFlags::CREATE, creates);
        flags.set(OFlags::EXCL, creates && open.contains(OpenFlags::EXCLUSIVE));
        flags.set(OFlags::TRUNC, truncates);
        let follow = path.contains(PathFlags::SYMLINK_FOLLOW);
        flags.set(OFlags::NOFOLLOW, !follow);
        let mut mode = OpenMode::empty();
        mode.set(OpenMode::READ, reads);
        mode.set(OpenMode::WRITE, writes);
        Ok(Self { flags, mode, follow, directory, creates })
    }
}

/// Opens a file or a directory, and nothing else.
pub(super) fn open(
    dir: &Dir,
    path: &str,
    how: &How,
    budget: &Budget,
) -> Result<Descriptor, ErrorCode> {
    match look(dir, path, how.follow) {
        Ok(there) => {
            admit(dir, &there)?;
        }
        Err(Errno::NOENT) if how.creates => {
            let block = u64::try_from(BLOCK).unwrap_or(u64::MAX);
            budget.spend(block).map_err(|OverBudget| ErrorCode::Quota)?;
        }
        Err(reason) => return Err(code(reason)),
    }
    let opened = beneath(dir, path, how.flags).map_err(code)?;
    // It may have been replaced in between.
    let kind = admit(dir, &opened)?;
    let opened = File::from(opened);
    match kind {
        Kind::Directory => Ok(Descriptor::Dir(Dir::new(opened, dir.perms, how.mode, false))),
        Kind::File if how.directory => Err(ErrorCode::NotDirectory),
        Kind::File => Ok(Descriptor::File(wasmtime_wasi::filesystem::File::new(
            opened, dir.perms, how.mode, false,
        ))),
        // What a name leads to without following it can't be opened.
        Kind::Link => Err(ErrorCode::Loop),
    }
}

/// Sets the times of what a name leads to, without opening it.
pub(super) fn set_times(
    dir: &Dir,
    path: &str,
    follow: bool,
    times: &Timestamps,
) -> Result<(), ErrorCode> {
    if dir.perms.write_not_permitted() {
        return Err(ErrorCode::NotPermitted);
    }
    let there = look(dir, path, follow).map_err(code)?;
    fs::utimensat(there, "", times, AtFlags::EMPTY_PATH).map_err(code)
}

/// Times as the kernel takes them.
pub(super) fn times(
    accessed: NewTimestamp,
    modified: NewTimestamp,
) -> Result<Timestamps, ErrorCode> {
    let time = |time| match time {
        NewTimestamp::NoChange => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }),
        NewTimestamp::Now => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_NOW }),
        NewTimestamp::Timestamp(at) if at.nanoseconds < 1_000_000_000 => Ok(Timespec {
            tv_sec: at.seconds.try_into().map_err(|_| ErrorCode::Overflow)?,
            tv_nsec: at.nanoseconds.into(),
        }),
        NewTimestamp::Timestamp(_) => Err(ErrorCode::Invalid),
    };
    Ok(Timestamps { last_access: time(accessed)?, last_modification: time(modified)? })
}

/// What may be opened.
enum Kind {
    File,
    Directory,
    Link,
}

fn admit(dir: &Dir, there: &OwnedFd) -> Result<Kind, ErrorCode> {
    let stat = fs::fstat(there).map_err(code)?;
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => return Ok(Kind::Link),
        _ => return Err(ErrorCode::NotPermitted),
    };
    match is_kernels(there.as_fd()).map_err(code)? && !is_kernels(dir.dir.as_fd()).map_err(code)? {
        true => Err(ErrorCode::NotPermitted),
        false => Ok(kind),
    }
}

/// Whether something belongs to the kernel and only looks like a file: the host's
/// own memory and environment are among what does. Who grants such a directory
/// means it; who grants one above it has thought of something else.
fn is_kernels(fd: impl AsFd) -> rustix::io::Result<bool> {
    const PROC: FsWord = 0x9fa0;
    const SYS: FsWord = 0x6265_6572;
    const DEBUG: FsWord = 0x6462_6720;
    const TRACE: FsWord = 0x7472_6163;
    let StatFs { f_type, .. } = fs::fstatfs(fd)?;
    Ok([PROC, SYS, DEBUG, TRACE].contains(&f_type))
}

/// Where a name leads, without opening it.
fn look(dir: &Dir, path: &str, follow: bool) -> rustix::io::Result<OwnedFd> {
    let mut flags = OFlags::PATH | OFlags::CLOEXEC;
    flags.set(OFlags::NOFOLLOW, !follow);
    beneath(dir, path, flags)
}

fn beneath(dir: &Dir, path: &str, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let mode =
        if flags.contains(OFlags::CREATE) { Mode::from_raw_mode(0o666) } else { Mode::empty() };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let mut result = Err(Errno::AGAIN);
    for _ in 0..TRIES {
        result = openat2(&*dir.dir, path, flags, mode, resolve);
        if !matches!(result, Err(Errno::AGAIN)) {
            break;
        }
    }
    result
}

/// An error as guests know it.
pub(super) fn code(reason: Errno) -> ErrorCode {
    match reason {
        // The name led out of the directory.
        Errno::XDEV => ErrorCode::NotPermitted,
        Errno::AGAIN => ErrorCode::Busy,
        // A FIFO without a reader, or a device without a driver.
        Errno::NXIO => ErrorCode::NotPermitted,
        reason => io::Error::from(reason).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, path::Path, time::SystemTime};

    use horarium_core::grants::WriteLimit;
    use rustix::fs::{CWD, mknodat};
    use tempfile::TempDir;

    use super::*;
    use crate::state::SharedCapture;
    use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;

    /// A directory with a file, a FIFO, and links to both.
    fn given() -> (TempDir, Dir) {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        std::fs::write(at("file"), "content").unwrap();
        mknodat(CWD, at("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        symlink("file", at("to-file")).unwrap();
        symlink("fifo", at("to-fifo")).unwrap();
        symlink("missing", at("to-nothing")).unwrap();
        let dir = dir(root.path(), FsPerms::ReadWrite);
        (root, dir)
    }

    fn dir(path: &Path, perms: FsPerms) -> Dir {
        Dir::new(File::open(path).unwrap(), perms, OpenMode::READ | OpenMode::WRITE, false)
    }

    fn try_open(
        dir: &Dir,
        path: &str,
        follow: PathFlags,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Descriptor, ErrorCode> {
        let budget = Budget::new(WriteLimit::default(), SharedCapture::nobodys());
        self::open(dir, path, &How::new(follow, open, flags, dir.perms)?, &budget)
    }

    const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;
    const READ: DescriptorFlags = DescriptorFlags::READ;
    const WRITE: DescriptorFlags = DescriptorFlags::WRITE;

    #[test]
    fn only_files_and_directories_are_opened() {
        let (_root, dir) = given();
        let open = |path, follow, open| try_open(&dir, path, follow, open, READ).err();
        let none = OpenFlags::empty();
        assert_eq!(open("file", FOLLOW, none), None);
        assert_eq!(open("to-file", FOLLOW, none), None);
        assert_eq!(open(".", FOLLOW, OpenFlags::DIRECTORY), None);
        let stay = PathFlags::empty();
        assert_eq!(open("to-file", stay, none), Some(ErrorCode::Loop));
        assert_eq!(open("file", FOLLOW, OpenFlags::DIRECTORY), Some(ErrorCode::NotDirectory));
        for path in ["fifo", "to-fifo"] {
            assert_eq!(open(path, FOLLOW, none), Some(ErrorCode::NotPermitted));
            assert_eq!(open(path, FOLLOW, OpenFlags::CREATE), Some(ErrorCode::NotPermitted));
            assert_eq!(open(path, FOLLOW, OpenFlags::TRUNCATE), Some(ErrorCode::NotPermitted));
        }
        for outside in ["..", "/etc/passwd", "../x"] {
            assert_eq!(open(outside, FOLLOW, none), Some(ErrorCode::NotPermitted), "{outside}");
        }
        for (path, code) in [
            ("", ErrorCode::NoEntry),
            ("none", ErrorCode::NoEntry),
            ("file/", ErrorCode::NotDirectory),
            ("file/x", ErrorCode::NotDirectory),
            ("a\0b", ErrorCode::Invalid),
        ] {
            assert_eq!(open(path, FOLLOW, none), Some(code), "{path:?}");
        }
    }

    #[test]
    fn files_are_created_as_asked() {
        let (root, dir) = given();
        let open = |path, open| try_open(&dir, path, FOLLOW, open, WRITE).err();
        let new = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
        assert_eq!(open("file", new), Some(ErrorCode::Exist));
        assert_eq!(open("new", new), None);
        assert_eq!(open("to-nothing", OpenFlags::CREATE), None);
        assert!(root.path().join("missing").exists(), "through a link, as everywhere");
        assert_eq!(open("file", OpenFlags::CREATE | OpenFlags::TRUNCATE), None);
        assert_eq!(std::fs::read(root.path().join("file")).unwrap(), b"");
        let both = OpenFlags::CREATE | OpenFlags::DIRECTORY;
        assert_eq!(open("x", both), Some(ErrorCode::Invalid));
    }

    #[test]
    fn what_may_be_read_only_is_not_opened_to_be_written() {
        let (root, _) = given();
        let dir = dir(root.path(), FsPerms::ReadOnly);
        for (open, flags) in
            [(OpenFlags::empty(), WRITE), (OpenFlags::CREATE, READ), (OpenFlags::TRUNCATE, READ)]
        {
            let refused = try_open(&dir, "file", FOLLOW, open, flags).err();
            assert_eq!(refused, Some(ErrorCode::NotPermitted));
        }
        let now = times(NewTimestamp::Now, NewTimestamp::Now).unwrap();
        assert_eq!(set_times(&dir, "file", true, &now), Err(ErrorCode::NotPermitted));
    }

    #[test]
    fn times_are_set_without_opening_anything() {
        let (root, dir) = given();
        let epoch = times(
            NewTimestamp::NoChange,
            NewTimestamp::Timestamp(Datetime { seconds: 0, nanoseconds: 0 }),
        );
        let epoch = epoch.unwrap();
        let modified =
            |name: &str| root.path().join(name).symlink_metadata().unwrap().modified().unwrap();
        for path in ["fifo", "file"] {
            set_times(&dir, path, false, &epoch).unwrap();
            assert_eq!(modified(path), SystemTime::UNIX_EPOCH);
        }
        set_times(&dir, "to-fifo", false, &epoch).unwrap();
        assert_eq!(modified("to-fifo"), SystemTime::UNIX_EPOCH);
        let odd = NewTimestamp::Timestamp(Datetime { seconds: 0, nanoseconds: 1_000_000_000 });
        assert_eq!(times(NewTimestamp::Now, odd).unwrap_err(), ErrorCode::Invalid);
    }
}
