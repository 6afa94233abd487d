//! The three ways to a compiler for guests, in their order.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow, bail};

use super::debian::Home;
use super::installed::Installed;
use super::{TARGET, progress, rustup};

/// A compiler for guests.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// The workspace.
    pub(super) root: PathBuf,
    /// Which compiler.
    pub(super) compiler: Compiler,
}

/// Which compiler guests are built with.
#[derive(Debug)]
pub(super) enum Compiler {
    /// The installed one has the target.
    Installed,
    /// One of our own below `target/`.
    Private {
        /// Stands in for `rustc`.
        rustc: PathBuf,
    },
}

impl Toolchain {
    /// Finds a compiler for guests, or gets one: from rustup or, where its
    /// download site is out of reach, from Debian's packages.
    ///
    /// Takes about 50 ms when one is there already.
    ///
    /// # Errors
    /// If none of the three ways works; the message says why each failed.
    pub(crate) fn ensure(root: &Path) -> Result<Self> {
        let with = |compiler| Self { root: root.to_owned(), compiler };
        let installed = Installed::probe()?;
        if installed.has_std() {
            return Ok(with(Compiler::Installed));
        }
        // Asked before rustup is: a machine that once needed the private
        // sysroot must not wait for an unreachable site every time.
        let home = Home::new(root, &installed)?;
        if home.is_ready() {
            return Ok(with(Compiler::Private { rustc: home.rustc() }));
        }

        progress::toolchain(format_args!("the installed Rust cannot compile for {TARGET} yet"));
        let no_rustup = match by_rustup(&installed) {
            Ok(()) => return Ok(with(Compiler::Installed)),
            Err(error) => error,
        };
        progress::toolchain("rustup could not help, so Debian's packages are next");
        match home.prepare() {
            Ok(rustc) => Ok(with(Compiler::Private { rustc })),
            Err(no_private) => bail!(three_ways(&installed.lack(), &no_rustup, &no_private)),
        }
    }
}

fn by_rustup(installed: &Installed) -> Result<()> {
    rustup::add_target(TARGET)?;
    if installed.has_std() {
        progress::toolchain("ready");
        return Ok(());
    }
    // rustup manages another toolchain than the one on the path.
    Err(anyhow!("rustup added the target, but still {}", installed.lack()))
}

fn three_ways(installed: &str, rustup: &Error, private: &Error) -> String {
    let ways = [
        ("the installed toolchain", installed.to_owned()),
        ("rustup", format!("{rustup:#}")),
        ("a private sysroot from Debian's packages", format!("{private:#}")),
    ];
    let mut message = format!("no toolchain for {TARGET}; three ways were tried:");
    for (number, (way, why)) in (1..).zip(ways) {
        let why = why.replace('\n', "\n     ");
        message.push_str(&format!("\n  {number}. {way}: {why}"));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_says_why_each_way_failed() {
        let rustup = anyhow!("`rustup target add` failed with exit status: 1:\nerror: no route");
        let private = anyhow!("this machine runs Fedora, not Debian");
        assert_eq!(
            three_ways("no standard library in /rust", &rustup, &private),
            "no toolchain for wasm32-wasip2; three ways were tried:\n  \
             1. the installed toolchain: no standard library in /rust\n  \
             2. rustup: `rustup target add` failed with exit status: 1:\n     error: no route\n  \
             3. a private sysroot from Debian's packages: this machine runs Fedora, not Debian"
        );
    }
}
