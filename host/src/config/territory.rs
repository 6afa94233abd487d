//! Which directories may be granted beside which.
//!
//! What lies below a directory that guests may write to, they can replace; and
//! nothing of the host's own may be theirs.

use std::path::{Component, Path, PathBuf};

use horarium_core::grants::{DirAccess, Visibility};

use super::{decode::At, problem::Problem};

/// A granted directory, and where it was granted.
#[derive(Debug)]
pub(super) struct Granted {
    /// As the operator wrote it, made absolute.
    pub(super) written: PathBuf,
    /// Without links.
    pub(super) real: PathBuf,
    pub(super) access: DirAccess,
    /// The key that names it.
    pub(super) at: At<String>,
}

/// A file of which a guest gets the content, and where it was named.
pub(super) struct NamedFile {
    /// As the operator wrote it, made absolute.
    pub(super) written: PathBuf,
    /// Without links.
    pub(super) real: PathBuf,
    pub(super) visibility: Visibility,
    /// The key that names it.
    pub(super) at: At<String>,
}

/// What is the host's own.
pub(super) struct Own<'a> {
    pub(super) config: &'a Path,
    pub(super) data_dir: &'a Path,
    pub(super) plugin_dir: &'a Path,
}

/// The same without links.
struct RealOwn {
    config: PathBuf,
    data: PathBuf,
    plugins: PathBuf,
}

/// Everything that must not be granted so.
pub(super) fn trespasses(grants: &[Granted], own: &Own<'_>) -> Vec<Problem> {
    let own = RealOwn {
        config: real(own.config),
        data: real(own.data_dir),
        plugins: real(own.plugin_dir),
    };
    grants
        .iter()
        .filter_map(|grant| {
            let (message, help) = on_own(grant, &own).or_else(|| below_writable(grant, grants))?;
            Some(grant.at.problem(message, Some(help.to_owned())))
        })
        .collect()
}

/// Files that guests could replace, and secrets that they could read for themselves.
pub(super) fn exposures(files: &[NamedFile], grants: &[Granted]) -> Vec<Problem> {
    let exposed = |file: &NamedFile| {
        let (message, help) = replaceable(file, grants).or_else(|| readable(file, grants))?;
        Some(file.at.problem(message, Some(help.to_owned())))
    };
    files.iter().filter_map(exposed).collect()
}

/// Whoever may write where a file is looked for can put a link to any other one there,
/// and the host would hand that out.
fn replaceable(file: &NamedFile, grants: &[Granted]) -> Option<(String, &'static str)> {
    let grant = grants.iter().find(|grant| {
        let lies_in =
            |path: &Path| path.starts_with(&grant.real) || path.starts_with(&grant.written);
        grant.access == DirAccess::ReadWrite && (lies_in(&file.real) || lies_in(&file.written))
    })?;
    let message = format!(
        "it lies in {}, where guests may write: they could put another file of the host in its place",
        grant.real.display()
    );
    Some((message, "name a file beside what guests may write to"))
}

fn readable(file: &NamedFile, grants: &[Granted]) -> Option<(String, &'static str)> {
    let grant = grants.iter().find(|grant| file.real.starts_with(&grant.real))?;
    let message = format!(
        "it lies in {}, which is granted to guests: they could read it there",
        grant.real.display()
    );
    let help = "keep secrets beside what is granted, or write `secret = false`";
    (file.visibility == Visibility::Secret).then_some((message, help))
}

fn on_own(grant: &Granted, own: &RealOwn) -> Option<(String, &'static str)> {
    let RealOwn { config, data, plugins } = own;
    let writes = grant.access == DirAccess::ReadWrite;
    if grant.real == *data || grant.real.starts_with(data.join("cache")) {
        let message = "the host keeps its history and its compiled code there".to_owned();
        return Some((message, "grant another directory"));
    }
    // To read is enough: what lies there is all tasks' history, and the key that
    // vouches for compiled code.
    if data.starts_with(&grant.real) {
        let message = format!("the host's own data lies below it, in {}", data.display());
        return Some((message, "grant a directory beside it, or put `data_dir` elsewhere"));
    }
    if writes && (plugins.starts_with(&grant.real) || grant.real.starts_with(plugins)) {
        let message = "guests could replace plugins there".to_owned();
        return Some((message, "grant a directory beside it, or read-only"));
    }
    if writes && config.starts_with(&grant.real) {
        let message = format!("guests could replace {}, this very file", config.display());
        return Some((message, "grant a directory beside it, or read-only"));
    }
    None
}

fn below_writable(grant: &Granted, grants: &[Granted]) -> Option<(String, &'static str)> {
    let below = |path: &Path, outer: &Path| path != outer && path.starts_with(outer);
    let outer = grants.iter().find(|outer| {
        outer.access == DirAccess::ReadWrite
            && (below(&grant.real, &outer.real) || below(&grant.written, &outer.written))
    })?;
    let message = format!(
        "it lies below {}, where guests may write, and could be replaced by them",
        outer.real.display()
    );
    Some((message, "grant directories that lie beside each other"))
}

/// A path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| plain(path))
}

/// A path without `.` and `..`, by its text alone.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(path: &str, access: DirAccess) -> Granted {
        Granted {
            written: path.into(),
            real: path.into(),
            access,
            at: At { value: path.to_owned(), span: 0..0, key: "key".to_owned() },
        }
    }

    fn refused(grants: &[(&str, DirAccess)]) -> usize {
        let grants: Vec<_> = grants.iter().map(|(path, access)| granted(path, *access)).collect();
        let own = Own {
            config: Path::new("/etc/h/horarium.toml"),
            data_dir: Path::new("/h/data"),
            plugin_dir: Path::new("/h/plugins"),
        };
        trespasses(&grants, &own).len()
    }

    #[test]
    fn the_hosts_own_is_not_granted() {
        use DirAccess::{ReadOnly, ReadWrite};
        for (path, read, write) in [
            ("/h/data", 1, 1),
            ("/h/data/cache", 1, 1),
            ("/h/data/cache/x", 1, 1),
            ("/h/data/reports", 0, 0),
            ("/h", 1, 1),
            ("/", 1, 1),
            ("/etc", 0, 1),
            ("/etc/h", 0, 1),
            ("/etc/h/in", 0, 0),
            ("/h/plugins", 0, 1),
            ("/h/plugins/x", 0, 1),
            ("/h/database", 0, 0),
        ] {
            assert_eq!(refused(&[(path, ReadOnly)]), read, "{path} to read");
            assert_eq!(refused(&[(path, ReadWrite)]), write, "{path} to write");
        }
    }

    #[test]
    fn nothing_is_granted_below_what_guests_may_write_to() {
        use DirAccess::{ReadOnly, ReadWrite};
        assert_eq!(refused(&[("/a", ReadWrite), ("/a/b", ReadOnly)]), 1);
        assert_eq!(refused(&[("/a", ReadOnly), ("/a/b", ReadWrite)]), 0);
        assert_eq!(refused(&[("/a", ReadWrite), ("/a", ReadWrite)]), 0);
        assert_eq!(refused(&[("/a", ReadWrite), ("/ab", ReadWrite)]), 0);
    }

    #[test]
    fn a_secret_lies_where_no_guest_looks() {
        let grants = [granted("/srv/in", DirAccess::ReadOnly)];
        let exposed =
            |path: &str| exposures(&[named(path, path, Visibility::Secret)], &grants).len();
        assert_eq!(exposed("/srv/in/key"), 1);
        assert_eq!(exposed("/srv/in/deep/key"), 1);
        assert_eq!(exposed("/srv/inner/key"), 0);
        assert_eq!(exposed("/srv/key"), 0);
    }

    fn named(written: &str, real: &str, visibility: Visibility) -> NamedFile {
        let at = At { value: written.to_owned(), span: 0..0, key: "key".to_owned() };
        NamedFile { written: written.into(), real: real.into(), visibility, at }
    }

    #[test]
    fn a_file_is_not_where_guests_could_put_a_link() {
        let grants =
            [granted("/srv/out", DirAccess::ReadWrite), granted("/srv/in", DirAccess::ReadOnly)];
        let exposed = |written: &str, real: &str| {
            exposures(&[named(written, real, Visibility::Plain)], &grants).len()
        };
        assert_eq!(exposed("/srv/out/file", "/srv/out/file"), 1);
        assert_eq!(exposed("/srv/out/file", "/etc/passwd"), 1, "it is there already");
        assert_eq!(exposed("/srv/link/file", "/srv/out/file"), 1);
        assert_eq!(exposed("/srv/in/file", "/srv/in/file"), 0);
        assert_eq!(exposed("/srv/other", "/srv/other"), 0);
    }

    #[test]
    fn dots_are_taken_out_by_text() {
        assert_eq!(plain(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(plain(Path::new("/../a")), Path::new("/a"));
    }
}
