//! Which Debian this machine runs.

use std::fs;

use anyhow::{Context, Result, bail};

/// The first release whose wasi-libc holds the files for the target; named
/// because a machine with an older one takes them from there.
const WASI: (u32, &str) = (13, "trixie");

/// The Debian release that the machine runs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Release {
    /// As the archive names it.
    pub(super) codename: String,
    /// None before a release has its number.
    number: Option<u32>,
}

impl Release {
    /// The release to take wasi-libc from. It is alike on every machine, so a
    /// newer release's serves; compilers need that release's C library, so
    /// theirs would not.
    pub(super) fn of_wasi_libc(&self) -> &str {
        match self.number {
            Some(number) if number < WASI.0 => WASI.1,
            _ => &self.codename,
        }
    }
}

/// Reads the machine's own description.
pub(super) fn detect() -> Result<Release> {
    let text = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|file| fs::read_to_string(file).ok())
        .context("this machine does not say that it is Debian: it has no /etc/os-release")?;
    parse(&text)
}

fn parse(text: &str) -> Result<Release> {
    let field = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_matches(['"', '\'']))
    };
    if field("ID") != Some("debian") {
        let name = field("PRETTY_NAME").or(field("ID")).unwrap_or("something else");
        bail!("this machine runs {name}, not Debian");
    }
    let codename = field("VERSION_CODENAME").context("/etc/os-release names no codename")?;
    let number = field("VERSION_ID").and_then(|number| number.parse().ok());
    Ok(Release { codename: codename.to_owned(), number })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOKWORM: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\n\
                            VERSION_CODENAME=bookworm\nID=debian\n";

    #[test]
    fn an_older_debian_takes_wasi_libc_from_trixie() {
        let release = parse(BOOKWORM).unwrap();
        assert_eq!(release, Release { codename: "bookworm".to_owned(), number: Some(12) });
        assert_eq!(release.of_wasi_libc(), "trixie");
    }

    #[test]
    fn later_debians_take_their_own() {
        let trixie = parse("ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n").unwrap();
        assert_eq!(trixie.of_wasi_libc(), "trixie");
        let testing = parse("ID=debian\nVERSION_CODENAME=forky\n").unwrap();
        assert_eq!(testing.of_wasi_libc(), "forky");
    }

    #[test]
    fn another_system_is_named() {
        let text = "ID=ubuntu\nID_LIKE=debian\nPRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\n";
        let error = parse(text).unwrap_err().to_string();
        assert_eq!(error, "this machine runs Ubuntu 24.04.1 LTS, not Debian");
    }
}
