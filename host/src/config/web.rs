//! Where the host listens, and what it asks of those who come.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    decode::{Decode, Source},
    problem::Problem,
    values::{words, wrong},
};
use crate::access::Scope;

/// What somebody may do who shows no token, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AnonymousWord(pub(crate) Option<Scope>);

words!(AnonymousWord:
    "none" => Self(None),
    "read" => Self(Some(Scope::Read)),
    "run" => Self(Some(Scope::Run)),
    "admin" => Self(Some(Scope::Admin)),
);

/// Over which network the host is asked, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Web {
    /// Where it listens; none where it can be asked over its own socket alone.
    pub(crate) listen: Option<SocketAddr>,
    /// What somebody may do who shows no token.
    pub(crate) anonymous: Option<Scope>,
    /// Names by which it is asked, in lower case.
    pub(crate) hosts: Vec<String>,
    /// What it shows to be itself.
    pub(crate) tls: Option<TlsFiles>,
    /// How long a client may take for a part of what it does.
    pub(crate) timeout: Duration,
}

/// A certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

impl Default for Web {
    fn default() -> Self {
        Self { listen: None, anonymous: None, hosts: Vec::new(), tls: None, timeout: Self::TIMEOUT }
    }
}

/// Why a host does not listen at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsafe {
    /// Everybody on the way could read the tokens.
    #[error(
        "{0} is not a loopback address, and without TLS everybody on the way could read tokens"
    )]
    Readable(SocketAddr),
    /// Everybody on the network could do it.
    #[error(
        "{0} is not a loopback address, and whoever reaches it would get what `web.anonymous` allows"
    )]
    Open(SocketAddr),
}

impl Unsafe {
    /// What to do about it.
    pub(crate) const fn way_out(self) -> &'static str {
        match self {
            Self::Readable(_) => {
                "set `web.tls = { cert = \"cert.pem\", key = \"key.pem\" }`, or listen at `127.0.0.1:7878`"
            }
            Self::Open(_) => {
                "leave `anonymous` out and hand out tokens, `horarium token new`; or listen at `127.0.0.1:7878`"
            }
        }
    }
}

impl Web {
    /// How long a client may take, where nothing else is said.
    const TIMEOUT: Duration = Duration::from_secs(30);

    /// The same at another address.
    pub(crate) fn at(self, listen: SocketAddr) -> Self {
        Self { listen: Some(listen), ..self }
    }

    /// Why it must not be; none where nothing speaks against it.
    pub(crate) fn objection(&self) -> Option<Unsafe> {
        let listen = self.listen.filter(|listen| !listen.ip().to_canonical().is_loopback())?;
        match (&self.tls, self.anonymous) {
            (None, _) => Some(Unsafe::Readable(listen)),
            (Some(_), Some(_)) => Some(Unsafe::Open(listen)),
            (Some(_), None) => None,
        }
    }
}

impl TlsFiles {
    pub(crate) fn in_dir(dir: &Path, cert: &str, key: &str) -> Self {
        Self { cert: dir.join(cert), key: dir.join(key) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_can_reach_takes_tls_and_tokens() {
        let web = |listen: &str, tls: bool, anonymous| Web {
            listen: Some(listen.parse().unwrap()),
            anonymous,
            tls: tls.then(|| TlsFiles::in_dir(Path::new("/"), "cert", "key")),
            ..Web::default()
        };
        assert_eq!(Web { anonymous: Some(Scope::Admin), ..Web::default() }.objection(), None);
        for loopback in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(web(loopback, false, Some(Scope::Admin)).objection(), None, "{loopback}");
        }
        for open in ["0.0.0.0:1", "[::]:1", "192.168.0.1:1", "[fe80::1]:1", "[::ffff:10.0.0.1]:1"] {
            let address = open.parse().unwrap();
            let objection = |tls, anonymous| web(open, tls, anonymous).objection();
            assert_eq!(objection(false, None), Some(Unsafe::Readable(address)));
            assert_eq!(objection(true, Some(Scope::Read)), Some(Unsafe::Open(address)));
            assert_eq!(objection(true, None), None);
        }
    }
}
