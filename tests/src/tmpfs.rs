//! A file system in memory.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// Mounted for as long as this lives.
#[derive(Debug)]
pub struct Tmpfs(PathBuf);

impl Tmpfs {
    /// None where mounting is not allowed, and then says so.
    #[must_use]
    pub fn mount(at: &Path, options: &str) -> Option<Self> {
        let mount = ["-t", "tmpfs", "-o", options, "tmpfs"];
        match Command::new("mount").args(mount).arg(at).output() {
            Ok(done) if done.status.success() => Some(Self(at.to_owned())),
            Ok(done) => {
                eprintln!("skipped: can't mount: {}", String::from_utf8_lossy(&done.stderr));
                None
            }
            Err(reason) => {
                eprintln!("skipped: can't mount: {reason}");
                None
            }
        }
    }

    /// Takes all room that there is.
    ///
    /// # Panics
    /// Where it can't be written at all.
    pub fn fill(&self) {
        let mut file = File::create(self.ballast()).expect("there is room for a name");
        for size in [1 << 20, 64 << 10, 4 << 10, 1] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
    }

    /// Lets nobody write to it any more.
    ///
    /// # Panics
    /// Where somebody has a file open to write.
    pub fn turn_read_only(&self) {
        let remount = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0).status();
        assert!(remount.is_ok_and(|status| status.success()), "nobody writes to it");
    }

    /// Gives it back.
    ///
    /// # Panics
    /// Where it was not taken.
    pub fn free(&self) {
        // Emptied first: what is removed keeps its room for as long as anybody, such as a
        // program that another test is just starting, has it open.
        fs::write(self.ballast(), "").expect("it was filled");
        fs::remove_file(self.ballast()).expect("it was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: it goes away with its last user.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
