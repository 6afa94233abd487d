//! A disk of its own, whose power can be cut.

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Instant,
};

use rustix::ioctl::{Opcode, Setter, ioctl, opcode};
use tempfile::TempDir;

use crate::{DEADLINE, built};

/// An ext4 in a file, mounted for as long as this lives.
#[derive(Debug)]
pub struct Volume {
    /// What survives everything: the platter.
    image: PathBuf,
    at: PathBuf,
    _dir: TempDir,
}

/// `EXT4_IOC_SHUTDOWN`, which XFS and F2FS know by the same number.
const SHUTDOWN: Opcode = opcode::read::<u32>(b'X', 125);

/// `EXT4_GOING_FLAGS_NOLOGFLUSH`: neither the caches nor the journal reach the disk any
/// more.
const NO_LOG_FLUSH: u32 = 2;

impl Volume {
    /// Mounts a new one here; none where this user may not, or this machine can't, which
    /// is then said.
    ///
    /// # Panics
    /// Where the target folder can't be written.
    #[must_use]
    pub fn mount(at: &Path) -> Option<Self> {
        let dir = built::scratch();
        let image = dir.path().join("disk");
        let file = File::create(&image).expect("the target folder is ours");
        file.set_len(64 << 20).expect("the target folder is ours");
        // A journal of the least size: it is written and read at every mount.
        let made = command("mkfs.ext4", &["-q", "-F", "-J", "size=4"], &[&image]);
        let volume = Self { image, at: at.to_owned(), _dir: dir };
        let done = made.and_then(|()| volume.attach()).and_then(|()| volume.can_be_cut());
        match done {
            Ok(()) => Some(volume),
            Err(reason) => {
                eprintln!("skipped: no disk to cut the power of: {reason}");
                None
            }
        }
    }

    fn attach(&self) -> Result<(), String> {
        command("mount", &["-t", "ext4", "-o", "loop,errors=remount-ro"], &[&self.image, &self.at])
    }

    /// Tries it on the empty disk, and readies that for its owner.
    fn can_be_cut(&self) -> Result<(), String> {
        self.shut_down().map_err(|reason| format!("its power can't be cut: {reason}"))?;
        self.restore();
        let ours = Permissions::from_mode(0o700);
        fs::set_permissions(&self.at, ours).map_err(|reason| reason.to_string())
    }

    /// Cuts the power: what was not synced is gone, and nothing can be read or written
    /// until the power is [back](Self::restore).
    ///
    /// # Panics
    /// Where the kernel refuses to.
    pub fn cut_power(&self) {
        self.shut_down().expect("the power could be cut before");
    }

    fn shut_down(&self) -> rustix::io::Result<()> {
        let root = rustix::fs::open(&self.at, rustix::fs::OFlags::RDONLY, 0.into())?;
        #[expect(unsafe_code, reason = "an ioctl can't be called otherwise")]
        // SAFETY: The opcode is one that reads a `u32`, and it is given one.
        unsafe {
            ioctl(root, Setter::<SHUTDOWN, u32>::new(NO_LOG_FLUSH))
        }
    }

    /// Has the file system find a fault in itself, after which it is read-only until it
    /// is mounted anew; false where this kernel has no such thing.
    #[must_use]
    pub fn turn_read_only(&self) -> bool {
        let device = Command::new("findmnt").args(["-no", "SOURCE"]).arg(&self.at).output();
        let device = device.expect("whoever has mount has findmnt").stdout;
        let device = String::from_utf8_lossy(&device);
        let name = device.trim().rsplit('/').next().unwrap_or_default();
        let written = fs::write(format!("/sys/fs/ext4/{name}/trigger_fs_error"), "a test\n");
        if let Err(reason) = &written {
            eprintln!("skipped: the file system can't be made to find a fault: {reason}");
        }
        written.is_ok()
    }

    /// Everything that was written so far is on the disk.
    ///
    /// # Panics
    /// Where the file system is shut down already.
    pub fn sync(&self) {
        let root = File::open(&self.at).expect("the disk is mounted");
        rustix::fs::syncfs(&root).expect("the disk can be written");
    }

    /// The power is back: mounts the disk as it is. Nobody may be using it.
    ///
    /// # Panics
    /// Where somebody does, or the file system is beyond recovery.
    pub fn restore(&self) {
        let deadline = Instant::now() + DEADLINE;
        // A process that another test begins has for a moment all files that this one has.
        while let Err(reason) = command("umount", &[], &[&self.at]) {
            assert!(Instant::now() < deadline, "somebody uses the disk: {reason}");
            thread::yield_now();
        }
        self.attach().expect("a journal is replayed");
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Lazily: it goes away, and its loop device with it, with its last user.
        let _ = command("umount", &["--lazy"], &[&self.at]);
    }
}

fn command(program: &str, args: &[&str], paths: &[&Path]) -> Result<(), String> {
    let done = Command::new(program).args(args).args(paths).output();
    match done {
        Ok(done) if done.status.success() => Ok(()),
        Ok(done) => Err(format!("{program}: {}", String::from_utf8_lossy(&done.stderr).trim())),
        Err(reason) => Err(format!("{program}: {reason}")),
    }
}
