//! Where the private sysroot lives, and how it gets there in one piece.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::super::compile::target_dir;
use super::super::installed::Installed;
use super::super::progress;
use super::stamp::Stamp;
use super::sysroot::Sysroot;

const NAME: &str = "guest-toolchain";

/// The private sysroot's place below `target/`.
#[derive(Debug)]
pub(in super::super) struct Home<'a> {
    root: &'a Path,
    installed: &'a Installed,
    stamp: Stamp,
}

impl<'a> Home<'a> {
    /// Its place in the workspace at `root`, for this installed toolchain.
    pub(in super::super) fn new(root: &'a Path, installed: &'a Installed) -> Result<Self> {
        let stamp = Stamp::new(&installed.sysroot, &installed.version()?);
        Ok(Self { root, installed, stamp })
    }

    /// Stands in for `rustc`.
    pub(in super::super) fn rustc(&self) -> PathBuf {
        Sysroot::new(self.path()).rustc()
    }

    /// Whether it was finished, and with the toolchain that is installed now.
    pub(in super::super) fn is_ready(&self) -> bool {
        self.stamp.is_on(&self.path()) && self.rustc().is_file()
    }

    /// Builds it, unless another process does so first.
    pub(in super::super) fn prepare(&self) -> Result<PathBuf> {
        let _lock = self.lock()?;
        if !self.is_ready() {
            self.sweep();
            let work = Work::new(self.target().join(format!("{NAME}.{}", std::process::id())))?;
            let packages = super::build(&work.0, self.installed)?;
            self.stamp.put_on(&Sysroot::in_work(&work.0).path, &packages)?;
            self.install(&work)?;
            // Thousands of files: on a slow disk this takes a while.
            drop(work);
            progress::toolchain("ready");
        }
        Ok(self.rustc())
    }

    fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    fn path(&self) -> PathBuf {
        self.target().join(NAME)
    }

    /// Held while building; the system releases it when a process dies.
    fn lock(&self) -> Result<File> {
        let path = self.target().join(format!("{NAME}.lock"));
        fs::create_dir_all(self.target())
            .and_then(|()| File::create(&path))
            .and_then(|file| match file.try_lock() {
                Ok(()) => Ok(file),
                Err(TryLockError::WouldBlock) => {
                    progress::toolchain("another process builds it; waiting");
                    file.lock().map(|()| file)
                }
                Err(TryLockError::Error(error)) => Err(error),
            })
            .with_context(|| format!("cannot lock {}", path.display()))
    }

    /// Removes what earlier tries left when they were killed. A child of such a
    /// try may still be writing there, so failing to is no error: each try has
    /// a folder of its own.
    fn sweep(&self) {
        for entry in self.target().read_dir().into_iter().flatten().flatten() {
            if is_leftover(&entry.file_name().to_string_lossy()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    fn install(&self, work: &Work) -> Result<()> {
        let (home, old) = (self.path(), work.0.join("old"));
        // Cargo takes equal versions of rustc for equal standard libraries, so
        // guests built against the former one have to go.
        remove(&target_dir(self.root))?;
        if home.exists() {
            fs::rename(&home, &old).context("cannot set the former sysroot aside")?;
        }
        fs::rename(&Sysroot::in_work(&work.0).path, &home)
            .with_context(|| format!("cannot move the sysroot to {}", home.display()))
    }
}

fn is_leftover(name: &str) -> bool {
    let process = name.strip_prefix(NAME).and_then(|rest| rest.strip_prefix('.'));
    process.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// The folder of one try; gone when the try is over, however it ends.
struct Work(PathBuf);

impl Work {
    fn new(path: PathBuf) -> Result<Self> {
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // What stays is swept by the next try.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::is_leftover;

    #[test]
    fn only_folders_of_tries_are_swept() {
        assert!(is_leftover("guest-toolchain.4711"));
        for name in
            ["guest-toolchain", "guest-toolchain.lock", "guest-toolchain.", "guests", "debug"]
        {
            assert!(!is_leftover(name), "{name}");
        }
    }
}
