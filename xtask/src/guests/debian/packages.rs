//! Which packages the sysroot is made of, and how they get here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::super::{command, progress};
use super::apt::{self, Apt};
use super::release::Release;
use super::{depends, mirrors};

const QUERY_LIMIT: Duration = Duration::from_secs(60);

/// The compiler whose packages follow the current Rust even in old releases,
/// for browsers need it.
const COMPILER: &str = "rustc-web";
const LIBRARY: &str = "libstd-rust-web-dev";
const SOURCE: &str = "rust-web-src";
const WASI_LIBC: &str = "wasi-libc";

/// Downloaded packages.
#[derive(Debug)]
pub(super) struct Fetched {
    /// The compiler, its host library and the shared libraries it loads.
    pub(super) compiler: Vec<PathBuf>,
    /// The standard library's source.
    pub(super) source: Vec<PathBuf>,
    /// The C library for the target.
    pub(super) wasi_libc: Vec<PathBuf>,
}

impl Fetched {
    /// File names, which hold the versions.
    pub(super) fn names(&self) -> Vec<String> {
        let files = self.compiler.iter().chain(&self.source).chain(&self.wasi_libc);
        let name = |file: &PathBuf| Some(file.file_name()?.to_string_lossy().into_owned());
        files.filter_map(name).collect()
    }
}

/// Downloads them below `work`.
pub(super) fn fetch(work: &Path, release: &Release) -> Result<Fetched> {
    let mirrors = mirrors::of_machine(&release.codename)?;
    progress::toolchain(format_args!("reading package lists of {}", mirrors.main));
    let sources = apt::release_and_security(&release.codename, &mirrors);
    let own = Apt::new(&work.join("apt"), &sources)?;
    let compiler = compiler(&own)?;
    // An apt of its own: with both releases in one, the newer compiler would win.
    let sources = apt::release_alone(release.of_wasi_libc(), &mirrors);
    let wasi = Apt::new(&work.join("apt-wasi"), &sources)?;

    progress::toolchain(format_args!("downloading {}, about 140 MB", compiler.join(", ")));
    Ok(Fetched {
        compiler: download(&own, &compiler, &work.join("compiler"))?,
        source: download(&own, &[SOURCE.to_owned()], &work.join("source"))?,
        wasi_libc: download(&wasi, &[WASI_LIBC.to_owned()], &work.join("wasi-libc"))?,
    })
}

fn download(apt: &Apt, packages: &[String], folder: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    apt.download(packages, folder)?;
    let mut files: Vec<PathBuf> = folder.read_dir()?.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "deb"));
    files.sort();
    Ok(files)
}

/// The compiler's packages by their present names.
fn compiler(apt: &Apt) -> Result<Vec<String>> {
    let printed = apt.depends(&["--recurse", "--important", LIBRARY])?;
    let needed = depends::entries(&printed);
    recent_enough(&needed)?;
    let installed = command::run(
        Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status} ${Package}\n"]),
        QUERY_LIMIT,
    )?;
    choose(&needed, &installed_packages(&installed))
}

/// Debian's compiler has to satisfy the workspace's `rust-version`.
fn recent_enough(needed: &[&str]) -> Result<()> {
    const WANTED: &str = env!("CARGO_PKG_RUST_VERSION");
    let prefix = "libstd-rust-web-";
    let name = depends::highest(needed, prefix)
        .with_context(|| format!("{LIBRARY} depends on no {prefix}1.NN"))?;
    let found = name.trim_start_matches(prefix);
    ensure!(
        depends::version(found) >= depends::version(WANTED),
        "{COMPILER} is Rust {found}, and this workspace needs {WANTED}"
    );
    Ok(())
}

/// The compiler, what belongs to it in the same version, and those of the
/// libraries it loads that the machine lacks.
fn choose(needed: &[&str], installed: &BTreeSet<&str>) -> Result<Vec<String>> {
    let llvm = depends::highest(needed, "libllvm").context("the compiler names no libllvmNN")?;
    let own = |name: &str| name == llvm || name.starts_with("libstd-rust-web-");
    // The system's C library is never one's own: it must match the loader.
    let lacking = |name: &str| !installed.contains(name) && name != "libc6";
    let wanted = needed.iter().filter(|name| own(name) || lacking(name));
    Ok([COMPILER].iter().chain(wanted).map(ToString::to_string).collect())
}

/// Reads lines of `installed NAME`.
fn installed_packages(printed: &str) -> BTreeSet<&str> {
    printed.lines().filter_map(|line| line.strip_prefix("installed ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [&str; 6] =
        ["libstd-rust-web-dev", "libstd-rust-web-1.96", "libc6", "libllvm22", "libz3-4", "libxml2"];

    #[test]
    fn libraries_that_the_machine_has_are_left_out() {
        let installed = installed_packages("installed libxml2\nconfig-files libz3-4\n");
        let mut expected = vec!["rustc-web", "libstd-rust-web-dev", "libstd-rust-web-1.96"];
        expected.extend(["libllvm22", "libz3-4"]);
        assert_eq!(choose(&NEEDED, &installed).unwrap(), expected);
    }

    #[test]
    fn the_compilers_own_are_taken_even_if_installed() {
        let installed = NEEDED.iter().copied().collect();
        let chosen = choose(&NEEDED, &installed).unwrap();
        assert_eq!(chosen.len(), 4, "{chosen:?}");
        assert!(chosen.contains(&"libllvm22".to_owned()), "{chosen:?}");
    }

    #[test]
    fn an_old_compiler_is_refused_by_its_version() {
        assert!(recent_enough(&NEEDED).is_ok());
        let error = recent_enough(&["libstd-rust-web-1.85"]).unwrap_err().to_string();
        assert!(error.starts_with("rustc-web is Rust 1.85, and this workspace needs "), "{error}");
        assert!(recent_enough(&["libllvm22"]).is_err());
    }
}
