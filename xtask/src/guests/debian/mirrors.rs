//! Which Debian mirrors the machine uses, as apt tells it.
//!
//! No mirror is known here: on a machine whose apt names none there is none.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::super::command;

const LIMIT: Duration = Duration::from_secs(60);

/// Tabs, because no field holds one.
const FIELDS: &str = "$(REPO_URI)\t$(CODENAME)\t$(RELEASE)\t$(ORIGIN)";

/// The mirrors for one release.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mirrors {
    /// Of the releases themselves.
    pub(super) main: String,
    /// Of the security updates; a machine may do without.
    pub(super) security: Option<String>,
}

/// One suite of one of the machine's package sources.
#[derive(Debug, PartialEq, Eq)]
struct Source {
    uri: String,
    suite: String,
    origin: Origin,
}

#[derive(Debug, PartialEq, Eq)]
enum Origin {
    Debian,
    Other,
    /// Until the first `apt-get update`.
    Unknown,
}

/// Asks apt for the mirrors of the release `codename`.
pub(super) fn of_machine(codename: &str) -> Result<Mirrors> {
    let mut indexes = Command::new("apt-get");
    indexes.args(["indextargets", "--format", FIELDS, "Created-By: Packages"]);
    let mut sources = from_index_targets(&command::run(&mut indexes, LIMIT)?);
    if sources.is_empty() {
        // A machine without lists, such as a fresh container, has no indexes
        // to tell of; what an update would fetch is known all the same.
        let mut update = Command::new("apt-get");
        update.args(["update", "--print-uris"]);
        sources = from_update_uris(&command::run(&mut update, LIMIT)?);
    }
    match choose(&sources, codename) {
        Some(mirrors) => Ok(mirrors),
        None => bail!("this machine's apt sources name no mirror of Debian's {codename}"),
    }
}

/// Reads `apt-get indextargets --format FIELDS`.
fn from_index_targets(printed: &str) -> Vec<Source> {
    let source = |line: &str| {
        // A field that apt does not know stays as it is in the format.
        let mut fields = line.split('\t').map(|field| Some(field).filter(|f| !f.starts_with("$(")));
        let (uri, codename, release) = (fields.next()??, fields.next()?, fields.next()?);
        let origin = match fields.next().flatten() {
            Some("Debian") => Origin::Debian,
            None | Some("") => Origin::Unknown,
            Some(_) => Origin::Other,
        };
        // A source may say `stable`; the codename says which one that is.
        let suite = codename.filter(|name| !name.is_empty()).or(release)?;
        Some(Source { uri: uri.to_owned(), suite: suite.to_owned(), origin })
    };
    printed.lines().filter_map(source).collect()
}

/// Reads `apt-get update --print-uris`: lines of `'URI' FILE SIZE`.
fn from_update_uris(printed: &str) -> Vec<Source> {
    let source = |line: &str| {
        let (uri, _) = line.strip_prefix('\'')?.split_once('\'')?;
        let (uri, suite) = uri.strip_suffix("/InRelease")?.split_once("/dists/")?;
        Some(Source { uri: format!("{uri}/"), suite: suite.to_owned(), origin: Origin::Unknown })
    };
    printed.lines().filter_map(source).collect()
}

fn choose(sources: &[Source], codename: &str) -> Option<Mirrors> {
    let security = format!("{codename}-security");
    Some(Mirrors { main: mirror(sources, codename)?, security: mirror(sources, &security) })
}

/// Other archives call suites by Debian's names, so what is known to be
/// Debian's goes first. A wrong guess fails later, at the signature.
fn mirror(sources: &[Source], suite: &str) -> Option<String> {
    let find =
        |origin| sources.iter().find(|source| source.suite == suite && source.origin == origin);
    let found = find(Origin::Debian).or_else(|| find(Origin::Unknown))?;
    // A disk in a drive holds no security updates and no other release.
    (!found.uri.starts_with("cdrom:")).then(|| found.uri.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEXES: &str = "\
        https://third.example/apt/\tbookworm\tbookworm\tThird\n\
        http://mirror.example/debian/\tbookworm\tstable\tDebian\n\
        http://mirror.example/debian/\tbookworm-updates\tstable-updates\tDebian\n\
        http://mirror.example/security/\tbookworm-security\tbookworm-security\tDebian\n";

    #[test]
    fn debians_own_mirrors_are_chosen_by_codename() {
        let mirrors = choose(&from_index_targets(INDEXES), "bookworm").unwrap();
        assert_eq!(mirrors.main, "http://mirror.example/debian/");
        assert_eq!(mirrors.security.unwrap(), "http://mirror.example/security/");
    }

    #[test]
    fn there_is_no_mirror_of_a_release_that_no_source_names() {
        assert_eq!(choose(&from_index_targets(INDEXES), "trixie"), None);
        assert_eq!(choose(&[], "bookworm"), None);
    }

    #[test]
    fn another_archive_is_no_mirror_of_debian() {
        let third = from_index_targets(INDEXES.lines().next().unwrap());
        assert_eq!(choose(&third, "bookworm"), None);
    }

    #[test]
    fn fields_that_apt_does_not_know_count_as_absent() {
        let line = "http://mirror.example/debian/\t$(CODENAME)\tbookworm\t$(ORIGIN)";
        let mirrors = choose(&from_index_targets(line), "bookworm").unwrap();
        assert_eq!(
            mirrors,
            Mirrors { main: "http://mirror.example/debian/".to_owned(), security: None }
        );
    }

    #[test]
    fn without_lists_the_uris_of_an_update_tell_the_mirrors() {
        let printed = "\
            'http://mirror.example/debian/dists/bookworm/InRelease' mirror_bookworm_InRelease 0 \n\
            'http://mirror.example/debian/dists/bookworm/main/Packages.xz' mirror_Packages 0 \n\
            'http://mirror.example/security/dists/bookworm-security/InRelease' x 0 \n";
        let mirrors = choose(&from_update_uris(printed), "bookworm").unwrap();
        assert_eq!(mirrors.main, "http://mirror.example/debian/");
        assert_eq!(mirrors.security.unwrap(), "http://mirror.example/security/");
    }
}
