//! What no task may be granted more of.

use std::path::{Path, PathBuf};

use crate::{
    effects::Quota,
    grants::{Clocks, DirAccess, WriteLimit},
    net::{Endpoint, http::HttpGrant},
};

/// The host's last word about grants. Where it is silent, a task may be granted
/// anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantCaps {
    /// Directories that may be granted, and what lies below them.
    pub dirs: Option<Vec<DirCap>>,
    /// The most that an attempt may write.
    pub write_limit: Option<WriteLimit>,
    /// Where tasks may connect to.
    pub tcp: Option<Vec<Endpoint>>,
    /// Where tasks may send datagrams to.
    pub udp: Option<Vec<Endpoint>>,
    /// HTTP requests that guests may send.
    pub http: Option<Vec<HttpGrant>>,
    /// Variables that guests may have.
    pub env: Option<Vec<String>>,
    /// Variables of the host's own environment that may be handed on.
    pub from_env: Option<Vec<String>>,
    /// Directories, absolute and without links, below which files with values may
    /// lie.
    pub from_file: Option<Vec<PathBuf>>,
    /// The finest clocks.
    pub clocks: Option<Clocks>,
    /// Whether guests may be given something to read.
    pub stdin: Option<bool>,
    /// How full any task may make a bucket, its own or a shared one.
    pub state: Option<Quota>,
}

/// A directory that may be granted, and everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirCap {
    /// The directory, absolute and without links.
    pub host: PathBuf,
    /// The most that may be granted below it.
    pub access: DirAccess,
}

impl GrantCaps {
    /// Whether a directory may be granted. Its path has no links.
    #[must_use]
    pub fn allows_dir(&self, host: &Path, access: DirAccess) -> bool {
        within(&self.dirs, |cap| access <= cap.access && host.starts_with(&cap.host))
    }

    /// Whether a file may hold a value. Its path has no links.
    #[must_use]
    pub fn allows_file(&self, path: &Path) -> bool {
        within(&self.from_file, |dir| path.starts_with(dir))
    }

    /// Whether connections to this endpoint may be granted.
    #[must_use]
    pub fn allows_tcp(&self, endpoint: &Endpoint) -> bool {
        within(&self.tcp, |cap| cap.covers(endpoint))
    }

    /// Whether datagrams to this endpoint may be granted.
    #[must_use]
    pub fn allows_udp(&self, endpoint: &Endpoint) -> bool {
        within(&self.udp, |cap| cap.covers(endpoint))
    }

    /// Whether HTTP requests like these may be granted.
    #[must_use]
    pub fn allows_http(&self, grant: &HttpGrant) -> bool {
        within(&self.http, |cap| cap.covers(grant))
    }

    /// Whether guests may have a variable of this name.
    #[must_use]
    pub fn allows_variable(&self, name: &str) -> bool {
        within(&self.env, |cap| cap == name)
    }

    /// Whether this variable of the host's own environment may be handed on.
    #[must_use]
    pub fn allows_host_env(&self, name: &str) -> bool {
        within(&self.from_env, |cap| cap == name)
    }

    /// Whether clocks may be this fine.
    #[must_use]
    pub fn allows_clocks(&self, clocks: Clocks) -> bool {
        self.clocks.is_none_or(|cap| clocks <= cap)
    }

    /// How full any task may make a bucket.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.state.unwrap_or(Quota::MOST).min(Quota::MOST)
    }

    /// Whether guests may be given something to read.
    #[must_use]
    pub fn allows_stdin(&self) -> bool {
        self.stdin.unwrap_or(true)
    }
}

/// Whether there is no cap, or one that allows it.
fn within<T>(caps: &Option<Vec<T>>, allows: impl Fn(&T) -> bool) -> bool {
    caps.as_ref().is_none_or(|caps| caps.iter().any(allows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_cap_everything_may_be_granted() {
        let none = GrantCaps::default();
        assert!(none.allows_dir(Path::new("/"), DirAccess::ReadWrite));
        assert!(none.allows_file(Path::new("/etc/key")));
        assert!(none.allows_tcp(&"0.0.0.0/0:*".parse().unwrap()));
        assert!(none.allows_udp(&"0.0.0.0/0:*".parse().unwrap()));
        assert!(none.allows_variable("A") && none.allows_host_env("A"));
        assert!(none.allows_clocks(Clocks::Exact) && none.allows_stdin());
        assert_eq!(none.quota(), Quota::MOST);
    }

    #[test]
    fn an_empty_cap_allows_nothing() {
        let caps = GrantCaps {
            dirs: Some(vec![]),
            tcp: Some(vec![]),
            env: Some(vec![]),
            stdin: Some(false),
            ..GrantCaps::default()
        };
        assert!(!caps.allows_dir(Path::new("/a"), DirAccess::ReadOnly));
        assert!(!caps.allows_tcp(&"a.example:1".parse().unwrap()));
        assert!(!caps.allows_variable("A") && !caps.allows_stdin());
        assert!(caps.allows_udp(&"a.example:1".parse().unwrap()), "another matter");
    }

    #[test]
    fn a_directory_lies_below_its_cap_with_no_more_access() {
        let caps = GrantCaps {
            dirs: Some(vec![
                DirCap { host: "/srv".into(), access: DirAccess::ReadOnly },
                DirCap { host: "/srv/out".into(), access: DirAccess::ReadWrite },
            ]),
            ..GrantCaps::default()
        };
        let allows = |path: &str, access| caps.allows_dir(Path::new(path), access);
        assert!(allows("/srv", DirAccess::ReadOnly));
        assert!(allows("/srv/out/a", DirAccess::ReadWrite));
        assert!(!allows("/srv/in", DirAccess::ReadWrite));
        assert!(!allows("/srv-2", DirAccess::ReadOnly));
        assert!(!allows("/", DirAccess::ReadOnly));
    }

    #[test]
    fn clocks_are_no_finer_than_their_cap() {
        let caps = GrantCaps { clocks: Some(Clocks::Coarse), ..GrantCaps::default() };
        assert!(caps.allows_clocks(Clocks::Coarse));
        assert!(!caps.allows_clocks(Clocks::Exact));
    }
}
