//! The file that says what a finished sysroot is made of.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const FILE: &str = "stamp";

/// Counts changes to how the sysroot is built; a new number rebuilds it.
const RECIPE: u32 = 1;

/// What decides whether a sysroot still fits the machine: the linkers, and the
/// LLVM library they load, are the installed toolchain's.
///
/// Newer Debian packages do not count; asking for them would take the network.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp(String);

impl Stamp {
    /// For a sysroot that borrows from the toolchain at `sysroot`.
    pub(super) fn new(sysroot: &Path, version: &str) -> Self {
        Self(format!("recipe {RECIPE}\ninstalled {version}\nat {}\n", sysroot.display()))
    }

    /// Whether `folder` carries this stamp.
    pub(super) fn is_on(&self, folder: &Path) -> bool {
        fs::read_to_string(folder.join(FILE)).is_ok_and(|text| self.heads(&text))
    }

    /// Stamps `folder`, for readers also with the `packages` it is made of.
    pub(super) fn put_on(&self, folder: &Path, packages: &[String]) -> Result<()> {
        let file = folder.join(FILE);
        fs::write(&file, self.text(packages))
            .with_context(|| format!("cannot write {}", file.display()))
    }

    fn heads(&self, text: &str) -> bool {
        text.starts_with(&self.0)
    }

    fn text(&self, packages: &[String]) -> String {
        let mut text = self.0.clone();
        for package in packages {
            text.push_str(&format!("package {package}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_toolchain_or_place_does_not_fit() {
        let stamp = Stamp::new(Path::new("/rust"), "rustc 1.95.0 (abc 2026-04-14)");
        let text = stamp.text(&["rustc-web_1.96.0_amd64.deb".to_owned()]);
        assert!(text.ends_with("\npackage rustc-web_1.96.0_amd64.deb\n"));
        assert!(stamp.heads(&text));
        assert!(!Stamp::new(Path::new("/rust"), "rustc 1.95.1 (abc 2026-05-14)").heads(&text));
        assert!(!Stamp::new(Path::new("/rus"), "rustc 1.95.0 (abc 2026-04-14)").heads(&text));
    }

    #[test]
    fn half_a_stamp_does_not_fit() {
        let stamp = Stamp::new(Path::new("/rust"), "rustc 1.95.0");
        assert!(!stamp.heads("recipe 1\ninstalled rustc"));
        assert!(!stamp.is_on(Path::new("/no/such/folder")));
    }
}
