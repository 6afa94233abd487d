//! Reads `apt-cache depends`.

/// The packages that `printed` has an entry for: with `--recurse`, the asked
/// one and all that it needs. Names in angle brackets are no real packages.
pub(super) fn entries(printed: &str) -> Vec<&str> {
    let starts_a_line = |line: &&str| !line.starts_with([' ', '|', '<']) && !line.is_empty();
    printed.lines().filter(starts_a_line).collect()
}

/// The package among `names` that is called `prefix` and a version, the
/// highest if there are several: `libllvm22` for `libllvm`.
pub(super) fn highest<'a>(names: &[&'a str], prefix: &str) -> Option<&'a str> {
    let version = |name: &str| version(name.strip_prefix(prefix)?);
    names.iter().copied().filter(|name| version(name).is_some()).max_by_key(|name| version(name))
}

/// `22` or `1.96`, as numbers that compare.
pub(super) fn version(text: &str) -> Option<Vec<u32>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECURSED: &str = "\
libstd-rust-web-dev
  Depends: libstd-rust-web-1.96
libstd-rust-web-1.96
  Depends: libc6
 |Depends: libllvm22
  Depends: <some-virtual>
    provider
<some-virtual>
libc6
libllvm22
  Depends: libz3-4
libz3-4
";

    #[test]
    fn entries_are_the_real_packages() {
        assert_eq!(
            entries(RECURSED),
            ["libstd-rust-web-dev", "libstd-rust-web-1.96", "libc6", "libllvm22", "libz3-4"]
        );
    }

    #[test]
    fn versions_in_names_are_found_by_pattern() {
        let names = entries(RECURSED);
        assert_eq!(highest(&names, "libstd-rust-web-"), Some("libstd-rust-web-1.96"));
        assert_eq!(highest(&names, "libllvm"), Some("libllvm22"));
        assert_eq!(highest(&names, "libclang"), None);
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(highest(&["rust-1.9", "rust-1.100", "rust-1.96"], "rust-"), Some("rust-1.100"));
        assert!(version("1.95") > version("1.9"));
        assert_eq!(version("1.x"), None);
    }
}
