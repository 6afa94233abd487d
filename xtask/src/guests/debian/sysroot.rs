//! The folder layout that rustc expects around itself.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::super::installed::Installed;
use super::super::{TARGET, command};
use super::unpack::Unpacked;

const HOST: &str = "x86_64-unknown-linux-gnu";
const LIMIT: Duration = Duration::from_secs(60);

/// Finds its own folder, so that the whole sysroot can be moved. Debian's rustc
/// looks for its libraries where an installation would have put them.
const WRAPPER: &str = "#!/bin/sh\n\
    here=${0%/*}\n\
    LD_LIBRARY_PATH=\"$here/lib\" exec \"$here/bin/rustc\" \"$@\"\n";

/// Where Debian's packages keep shared libraries.
const LIBRARIES: [&str; 2] = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];

/// What linking for the target takes from the installed toolchain.
const LINKERS: [&str; 3] = ["rust-lld", "gcc-ld", "wasm-component-ld"];

const WASI_LIBC: [&str; 3] = ["crt1-command.o", "crt1-reactor.o", "libc.a"];

/// A sysroot, finished or not.
pub(super) struct Sysroot {
    /// Its folder.
    pub(super) path: PathBuf,
}

impl Sysroot {
    /// The one in the folder `path`.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The one that is being built in `work`.
    pub(super) fn in_work(work: &Path) -> Self {
        Self::new(work.join("sysroot"))
    }

    /// The wrapper that stands in for `rustc`.
    pub(super) fn rustc(&self) -> PathBuf {
        self.path.join("rustc")
    }

    /// Where rustc looks for the target's standard library.
    pub(super) fn target_libdir(&self) -> PathBuf {
        self.rustlib().join(TARGET).join("lib")
    }

    fn lib(&self) -> PathBuf {
        self.path.join("lib")
    }

    fn rustlib(&self) -> PathBuf {
        self.lib().join("rustlib")
    }
}

/// Lays everything out but the target's standard library, and tries rustc.
pub(super) fn assemble(work: &Path, unpacked: &Unpacked, installed: &Installed) -> Result<Sysroot> {
    let sysroot = Sysroot::in_work(work);
    let bin = sysroot.path.join("bin");
    make(&bin)?;
    make(&sysroot.lib())?;
    take(&unpacked.compiler.join("usr/bin/rustc"), &bin.join("rustc"))?;
    for folder in LIBRARIES {
        take_shared_libraries(&unpacked.compiler.join(folder), &sysroot.lib())?;
    }
    let host = format!("usr/lib/rustlib/{HOST}/lib");
    make(&sysroot.rustlib().join(HOST))?;
    take(&unpacked.compiler.join(host), &sysroot.rustlib().join(HOST).join("lib"))?;

    borrow_linkers(installed, &sysroot)?;
    take_wasi_libc(&unpacked.wasi_libc, &sysroot)?;
    write_wrapper(&sysroot.rustc())?;
    command::run(Command::new(sysroot.rustc()).arg("-vV"), LIMIT)
        .context("Debian's rustc does not start")?;
    Ok(sysroot)
}

fn take_shared_libraries(from: &Path, to: &Path) -> Result<()> {
    for entry in from.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        if is_shared_library(&name.to_string_lossy()) {
            take(&entry.path(), &to.join(&name))?;
        }
    }
    Ok(())
}

fn is_shared_library(name: &str) -> bool {
    name.starts_with("lib") && (name.ends_with(".so") || name.contains(".so."))
}

/// Links to the installed toolchain's linkers and the LLVM library they load;
/// the stamp sees to it that they are never another version's.
fn borrow_linkers(installed: &Installed, sysroot: &Sysroot) -> Result<()> {
    let from = installed.sysroot.join(format!("lib/rustlib/{HOST}/bin"));
    let to = sysroot.rustlib().join(HOST).join("bin");
    make(&to)?;
    for linker in LINKERS {
        let file = from.join(linker);
        ensure!(file.exists(), "the installed toolchain has no {}", file.display());
        link(&file, &to.join(linker))?;
    }
    let installed_lib = installed.sysroot.join("lib");
    for entry in installed_lib.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let to = sysroot.lib().join(&name);
        if name.to_string_lossy().starts_with("libLLVM.so.") && !to.exists() {
            link(&entry.path(), &to)?;
        }
    }
    Ok(())
}

fn take_wasi_libc(unpacked: &Path, sysroot: &Sysroot) -> Result<()> {
    let to = sysroot.target_libdir().join("self-contained");
    make(&to)?;
    for file in WASI_LIBC {
        take(&unpacked.join("usr/lib").join(TARGET).join(file), &to.join(file))?;
    }
    Ok(())
}

fn write_wrapper(file: &Path) -> Result<()> {
    fs::write(file, WRAPPER)
        .and_then(|()| fs::set_permissions(file, fs::Permissions::from_mode(0o755)))
        .with_context(|| format!("cannot write {}", file.display()))
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Moves: all lies below one folder of `target/`.
fn take(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).with_context(|| format!("cannot take {}", from.display()))
}

fn link(to: &Path, at: &Path) -> Result<()> {
    symlink(to, at).with_context(|| format!("cannot link {}", at.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_libraries_are_told_from_other_files() {
        for name in ["libLLVM.so.22.1", "librustc_driver-ea0e.so", "libz3.so.4"] {
            assert!(is_shared_library(name), "{name}");
        }
        for name in ["libc.a", "pkgconfig", "ld-linux-x86-64.so.2"] {
            assert!(!is_shared_library(name), "{name}");
        }
    }

    #[test]
    fn the_layout_is_rustcs() {
        let sysroot = Sysroot::new(PathBuf::from("/s"));
        assert_eq!(sysroot.target_libdir(), Path::new("/s/lib/rustlib/wasm32-wasip2/lib"));
        assert_eq!(sysroot.rustc(), Path::new("/s/rustc"));
    }
}
