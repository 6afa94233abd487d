//! Unpacks packages without installing them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::super::command;
use super::packages::Fetched;

const LIMIT: Duration = Duration::from_secs(5 * 60);

/// Unpacked packages.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// The file tree of the compiler's packages.
    pub(super) compiler: PathBuf,
    /// The file tree of the C library for the target.
    pub(super) wasi_libc: PathBuf,
    /// The source folder of the standard library: `…/library`.
    pub(super) library: PathBuf,
}

/// Unpacks all of them and removes the packages, which are needed no more.
pub(super) fn all(work: &Path, fetched: &Fetched) -> Result<Unpacked> {
    let root = |name: &str| work.join(name).join("root");
    let (compiler, source, wasi_libc) = (root("compiler"), root("source"), root("wasi-libc"));
    for package in &fetched.compiler {
        whole(package, &compiler)?;
    }
    for package in &fetched.wasi_libc {
        whole(package, &wasi_libc)?;
    }
    for package in &fetched.source {
        // The rest of it is the compiler's source, six times as much.
        matching(package, &source, "./usr/src/*/library/*")?;
    }
    let library = library(&source).context("the source package holds no library/ folder")?;
    Ok(Unpacked { compiler, wasi_libc, library })
}

fn whole(package: &Path, root: &Path) -> Result<()> {
    command::run(Command::new("dpkg-deb").arg("-x").args([package, root]), LIMIT)?;
    remove(package)
}

fn matching(package: &Path, root: &Path, pattern: &str) -> Result<()> {
    fs::create_dir_all(root)?;
    let tar = root.join("package.tar");
    let file = fs::File::create(&tar).with_context(|| format!("cannot make {}", tar.display()))?;
    command::run_into(Command::new("dpkg-deb").arg("--fsys-tarfile").arg(package), file, LIMIT)?;
    let mut extract = Command::new("tar");
    extract.arg("-xf").arg(&tar).arg("-C").arg(root).args(["--wildcards", pattern]);
    command::run(&mut extract, LIMIT)?;
    remove(&tar)?;
    remove(package)
}

fn library(source: &Path) -> Option<PathBuf> {
    let versions = source.join("usr/src").read_dir().ok()?;
    versions.flatten().map(|version| version.path().join("library")).find(|path| path.is_dir())
}

fn remove(file: &Path) -> Result<()> {
    fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
}
