//! The Rust toolchain that is installed on the machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{TARGET, command};

const LIMIT: Duration = Duration::from_secs(60);

/// What the `rustc` on the path says of itself.
#[derive(Debug)]
pub(super) struct Installed {
    /// Its sysroot.
    pub(super) sysroot: PathBuf,
    target_libdir: PathBuf,
}

impl Installed {
    /// Asks the `rustc` on the path.
    pub(super) fn probe() -> Result<Self> {
        let printed = command::run(
            rustc().args(["--print", "sysroot", "--print", "target-libdir", "--target", TARGET]),
            LIMIT,
        )?;
        parse(&printed).context("`rustc --print` did not name its folders")
    }

    /// Whether the standard library for guests is there.
    pub(super) fn has_std(&self) -> bool {
        holds_std(&self.target_libdir)
    }

    /// What is wrong when it is not.
    pub(super) fn lack(&self) -> String {
        format!("no standard library in {}", self.target_libdir.display())
    }

    /// `rustc 1.NN.N (hash date)`.
    pub(super) fn version(&self) -> Result<String> {
        let printed = command::run(rustc().arg("--version"), LIMIT)?;
        Ok(printed.trim().to_owned())
    }
}

/// Whether the standard library for `target` is there.
pub(super) fn has_std(target: &str) -> Result<bool> {
    let printed =
        command::run(rustc().args(["--print", "target-libdir", "--target", target]), LIMIT)?;
    Ok(holds_std(Path::new(printed.trim())))
}

/// The toolchain's own folder decides, so a `RUSTC` of an outer build is not asked.
fn rustc() -> Command {
    Command::new("rustc")
}

fn parse(printed: &str) -> Option<Installed> {
    let mut lines = printed.lines().map(PathBuf::from);
    Some(Installed { sysroot: lines.next()?, target_libdir: lines.next()? })
}

/// Whether `libdir` holds `libstd-HASH.rlib` (or `libstd.rlib`, as cargo names it).
pub(super) fn holds_std(libdir: &Path) -> bool {
    let Ok(entries) = libdir.read_dir() else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.ends_with(".rlib") && (name.starts_with("libstd-") || name == "libstd.rlib")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_in_the_order_asked() {
        let installed = parse("/rust\n/rust/lib/rustlib/wasm32-wasip2/lib\n").unwrap();
        assert_eq!(installed.sysroot, Path::new("/rust"));
        assert_eq!(installed.target_libdir, Path::new("/rust/lib/rustlib/wasm32-wasip2/lib"));
        assert!(parse("/rust\n").is_none());
    }

    #[test]
    fn a_missing_folder_holds_nothing() {
        assert!(!holds_std(Path::new("/no/such/folder")));
    }
}
