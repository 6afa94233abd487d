//! The third way to a toolchain: a private sysroot below `target/`, from
//! Debian's packages. Nothing is installed, and the machine's own apt
//! configuration stays as it is.
//!
//! Debian has a recent rustc with the matching library source, and the C
//! library for the target; the linkers come from the installed toolchain.
//! The Rust library for the target is then compiled once.

use std::path::Path;

use anyhow::{Result, ensure};

use super::installed::Installed;
use super::progress;

mod apt;
mod depends;
mod home;
mod mirrors;
mod packages;
mod release;
mod stamp;
mod stdlib;
mod sysroot;
mod unpack;

pub(super) use home::Home;

/// Builds the sysroot in `work/sysroot` and returns the packages it is made of.
fn build(work: &Path, installed: &Installed) -> Result<Vec<String>> {
    ensure!(
        cfg!(all(target_arch = "x86_64", target_os = "linux")),
        "that way exists for x86_64 Linux only, and this is {} {}",
        std::env::consts::ARCH,
        std::env::consts::OS
    );
    let release = release::detect()?;

    progress::toolchain("building a private one from Debian's packages, once; takes minutes");
    let fetched = packages::fetch(work, &release)?;
    progress::toolchain("unpacking");
    let unpacked = unpack::all(work, &fetched)?;
    let sysroot = sysroot::assemble(work, &unpacked, installed)?;
    progress::toolchain("compiling Rust's standard library for it");
    stdlib::compile(work, &unpacked.library, &sysroot)?;
    Ok(fetched.names())
}
