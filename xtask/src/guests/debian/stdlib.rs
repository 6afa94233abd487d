//! Compiles Rust's standard library for the target.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::super::installed::holds_std;
use super::super::{TARGET, command, environment};
use super::sysroot::Sysroot;

/// It takes 80 s on two cores; a busy machine may need several times that.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Compiles the library whose source is in `library` and puts it into `sysroot`.
pub(super) fn compile(work: &Path, library: &Path, sysroot: &Sysroot) -> Result<()> {
    let target = work.join("std");
    let mut cargo = environment::cargo();
    cargo
        // Only here, for the library is written with unstable features.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", sysroot.rustc())
        .env("CARGO_ENCODED_RUSTFLAGS", flags(library))
        // The crates come from the registry: the source's vendor folder lacks one.
        .current_dir(library)
        .args(["build", "--quiet", "--release", "--target", TARGET])
        .args(["--manifest-path", "sysroot/Cargo.toml", "--target-dir"])
        .arg(&target);
    command::run(&mut cargo, LIMIT)?;

    let built = target.join(TARGET).join("release/deps");
    let to = sysroot.target_libdir();
    for entry in built.read_dir().with_context(|| format!("no {}", built.display()))? {
        let file = entry?.path();
        if let (true, Some(name)) = (is_rlib(&file), file.file_name()) {
            fs::rename(&file, to.join(name))
                .with_context(|| format!("cannot take {}", file.display()))?;
        }
    }
    ensure!(holds_std(&to), "cargo made no libstd");
    Ok(())
}

fn is_rlib(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "rlib")
}

/// In cargo's encoding, which allows for spaces in paths.
fn flags(library: &Path) -> String {
    [
        // Makes this a standard library: stable code may not use its unstable parts.
        "-Zforce-unstable-if-unmarked".to_owned(),
        // For guests that link with optimisation across crates.
        "-Cembed-bitcode=yes".to_owned(),
        // The source goes when this is done, and panics in guests name its files.
        format!("--remap-path-prefix={}=/rustc/library", library.display()),
    ]
    .join("\x1f")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_space_stays_one_flag() {
        let flags = flags(Path::new("/my code/library"));
        let flags: Vec<&str> = flags.split('\x1f').collect();
        assert_eq!(flags.len(), 3);
        assert_eq!(flags[2], "--remap-path-prefix=/my code/library=/rustc/library");
    }

    #[test]
    fn only_rlibs_are_taken() {
        assert!(is_rlib(Path::new("deps/libstd.rlib")));
        assert!(!is_rlib(Path::new("deps/libstd.rmeta")));
    }
}
