//! The part of `Cargo.lock` that the report is about.
//!
//! Cargo writes the file and nobody else does, always one key per line, so this
//! reads lines and does not need all of TOML.

use horarium_sdk::prelude::*;

/// A package that the file lists.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) origin: Origin,
}

/// Where cargo takes a package from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A registry such as crates.io, also one with the sparse protocol.
    Registry,
    /// A git repository.
    Git,
    /// A folder: a member of the workspace, most of the time.
    Local,
}

/// All packages, in the order of the file.
pub(crate) fn packages(lock: &str) -> anyhow::Result<Vec<Package<'_>>> {
    lock.split("[[package]]\n").skip(1).map(package).collect()
}

fn package(table: &str) -> anyhow::Result<Package<'_>> {
    let name = text(table, "name").context("a package without a name")?;
    Ok(Package {
        name,
        version: text(table, "version").with_context(|| format!("{name} without a version"))?,
        origin: match text(table, "source").and_then(|source| source.split_once('+')) {
            None => Origin::Local,
            Some(("registry" | "sparse", _)) => Origin::Registry,
            Some(("git", _)) => Origin::Git,
            Some((other, _)) => bail!("{name} comes from an unknown place, {other:?}"),
        },
    })
}

/// The value of `key = "value"` on a line of its own.
fn text<'a>(table: &'a str, key: &str) -> Option<&'a str> {
    table.lines().find_map(|line| {
        let value = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        value.strip_suffix('"')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_of_this_workspace_is_understood() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
        let lock = std::fs::read_to_string(file).unwrap();
        let packages = packages(&lock).unwrap();

        assert_eq!(packages.len(), lock.matches("[[package]]").count());
        let origin = |name| packages.iter().find(|p| p.name == name).unwrap().origin;
        assert_eq!(origin("horarium-sdk"), Origin::Local);
        assert_eq!(origin("serde_json"), Origin::Registry);
    }

    #[test]
    fn origins_are_told_apart() {
        let of = |source: &str| {
            let lock = format!("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n{source}");
            packages(&lock).map(|packages| packages[0].origin)
        };
        assert_eq!(of("").unwrap(), Origin::Local);
        let git = of("source = \"git+https://example.com/a?rev=1#1\"\n");
        assert_eq!(git.unwrap(), Origin::Git);
        let sparse = of("source = \"sparse+https://example.com/\"\n");
        assert_eq!(sparse.unwrap(), Origin::Registry);
        assert!(of("source = \"ftp+example.com\"\n").is_err());
    }

    #[test]
    fn half_a_package_is_an_error() {
        let error = packages("[[package]]\nname = \"a\"\n").unwrap_err();
        assert_eq!(error.to_string(), "a without a version");
        assert!(packages("[[package]]\nversion = \"1.0.0\"\n").is_err());
    }
}
