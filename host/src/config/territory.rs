//! Which directories may be granted beside which.
//!
//! What lies below a directory that guests may write to, they can replace; and
//! nothing of the host's own may be theirs.

use std::path::{Component, Path, PathBuf};

use horarium_core::grants::DirAccess;

use super::{decode::At, problem::Problem};

/// A granted directory, and where it was granted.
pub(super) struct Granted {
    /// As the operator wrote it, made absolute.
    pub(super) written: PathBuf,
    /// Without links.
    pub(super) real: PathBuf,
    pub(super) access: DirAccess,
    /// The key that names it.
    pub(super) at: At<String>,
}

/// A file with a secret, and where it was named.
pub(super) struct SecretFile {
    /// Without links.
    pub(super) real: PathBuf,
    /// The key that names it.
    pub(super) at: At<String>,
}

/// The host's own directories.
pub(super) struct Own<'a> {
    pub(super) data_dir: &'a Path,
    pub(super) plugin_dir: &'a Path,
}

/// Everything that must not be granted so.
pub(super) fn trespasses(grants: &[Granted], own: &Own<'_>) -> Vec<Problem> {
    let data = real(own.data_dir);
    let plugins = real(own.plugin_dir);
    grants
        .iter()
        .filter_map(|grant| {
            let (message, help) =
                on_own(grant, &data, &plugins).or_else(|| below_writable(grant, grants))?;
            Some(grant.at.problem(message, Some(help.to_owned())))
        })
        .collect()
}

/// Secrets that guests could read for themselves.
pub(super) fn exposures(secrets: &[SecretFile], grants: &[Granted]) -> Vec<Problem> {
    let exposed = |secret: &SecretFile| {
        let grant = grants.iter().find(|grant| secret.real.starts_with(&grant.real))?;
        let message = format!(
            "it lies in {}, which is granted to guests: they could read it there",
            grant.real.display()
        );
        let help = "keep secrets beside what is granted, or write `secret = false`";
        Some(secret.at.problem(message, Some(help.to_owned())))
    };
    secrets.iter().filter_map(exposed).collect()
}

fn on_own(grant: &Granted, data: &Path, plugins: &Path) -> Option<(String, &'static str)> {
    let writes = grant.access == DirAccess::ReadWrite;
    let touches = |own: &Path| own.starts_with(&grant.real) || grant.real.starts_with(own);
    if grant.real == data || grant.real.starts_with(data.join("cache")) {
        let message = "the host keeps its history and its compiled code there".to_owned();
        return Some((message, "grant another directory"));
    }
    if writes && data.starts_with(&grant.real) {
        let message = format!("the host's own data lies below it, in {}", data.display());
        return Some((message, "grant a directory beside it, or read-only"));
    }
    if writes && touches(plugins) {
        let message = "guests could replace plugins there".to_owned();
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
        let own = Own { data_dir: Path::new("/h/data"), plugin_dir: Path::new("/h/plugins") };
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
            ("/h", 0, 1),
            ("/", 0, 1),
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
        let exposed = |path: &str| {
            let at = At { value: path.to_owned(), span: 0..0, key: "key".to_owned() };
            exposures(&[SecretFile { real: path.into(), at }], &grants).len()
        };
        assert_eq!(exposed("/srv/in/key"), 1);
        assert_eq!(exposed("/srv/in/deep/key"), 1);
        assert_eq!(exposed("/srv/inner/key"), 0);
        assert_eq!(exposed("/srv/key"), 0);
    }

    #[test]
    fn dots_are_taken_out_by_text() {
        assert_eq!(plain(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(plain(Path::new("/../a")), Path::new("/a"));
    }
}
