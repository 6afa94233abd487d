//! A host that is reached over a network.

use std::{
    fs::File,
    io::{self, Read},
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use hyper::header::HeaderValue;
use tokio::time::timeout;
use url::{Host, Url};

use crate::outgoing::{self, Stream, Unreachable};

/// How long it may take until a host answers at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest file with a token, in bytes.
const LONGEST_TOKEN: u64 = 4096;

/// Where a host is, and how one shows who asks.
#[derive(Debug)]
pub(crate) struct Remote {
    url: Url,
    token: Option<Token>,
    /// Certificates to trust instead of the system's.
    roots: Option<PathBuf>,
}

/// A token that is shown to a host and to nobody else.
struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Remote {
    /// # Errors
    /// Where the URL or the token is none, or the token would be readable on its way.
    pub(crate) fn new(
        url: &str,
        token_file: Option<&Path>,
        roots: Option<PathBuf>,
    ) -> Result<Self> {
        const HELP: &str = "such as `https://horarium.example.com:7878`";
        let parsed: Url = url.parse().map_err(|_| anyhow!("{url:?} is no host's URL, {HELP}"))?;
        let is_plain = matches!(parsed.scheme(), "http" | "https")
            && parsed.has_host()
            && matches!(parsed.path(), "" | "/")
            && parsed.query().is_none()
            && parsed.fragment().is_none();
        if !is_plain || !parsed.username().is_empty() || parsed.password().is_some() {
            bail!("a host's URL is a scheme, a name and a port and nothing else, {HELP}");
        }
        let token = token(token_file)?;
        let remote = Self { url: parsed, token, roots };
        if remote.token.is_some() && !remote.is_private() {
            bail!(
                "{} is not asked by `http`: everybody on the way could read the token; take `https`",
                remote.url
            );
        }
        Ok(remote)
    }

    /// Whether nobody on the way can read along.
    fn is_private(&self) -> bool {
        let is_here = match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
            None => false,
        };
        self.url.scheme() == "https" || is_here
    }

    /// The same by another scheme.
    fn by(&self, scheme: &str) -> String {
        let rest = &self.url.as_str()[self.url.scheme().len()..];
        format!("{scheme}{}", rest.trim_end_matches('/'))
    }

    /// What may be wrong where somebody answers in a way that no host does.
    pub(super) fn suspicion(&self) -> String {
        let odd = format!("{} hung up, or answers as no host does", self.url);
        match self.url.scheme() {
            "http" => format!("{odd}; if it speaks TLS, ask it by `{}`", self.by("https")),
            _ => odd,
        }
    }

    /// What the host is asked by.
    pub(super) fn name(&self) -> Result<HeaderValue> {
        let host = self.url.host_str().unwrap_or_default();
        let name = match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(HeaderValue::from_str(&name)?)
    }

    /// What shows who asks.
    pub(super) fn credentials(&self) -> Result<Option<HeaderValue>> {
        let Some(Token(token)) = &self.token else { return Ok(None) };
        // Its own words would have the token in them.
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| anyhow!("the token has characters that none has"))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    pub(super) async fn connect(&self) -> Result<Box<dyn Stream>> {
        let connect = timeout(PATIENCE, self.try_connect()).await;
        let silent = || anyhow!("{} did not answer within {PATIENCE:?}", self.url);
        connect.map_err(|_| silent())?
    }

    async fn try_connect(&self) -> Result<Box<dyn Stream>> {
        let connected = outgoing::connect(&self.url, self.roots.as_deref()).await;
        connected.map_err(|error| match error.downcast_ref() {
            Some(Unreachable::Silent(reason)) => anyhow!(
                "no host answers at {}: {reason}; `[web]` in its configuration, or \
                 `horarium serve --listen`, says where one listens",
                self.url
            ),
            Some(Unreachable::Untrusted(reason)) if speaks_plainly(reason) => anyhow!(
                "{} does not speak TLS; if it is a host, ask it by `{}`",
                self.url,
                self.by("http")
            ),
            Some(Unreachable::Untrusted(reason)) => anyhow!(
                "can't trust {}: {reason:#}; --ca FILE names the certificate of who signed its own",
                self.url
            ),
            None => error,
        })
    }
}

/// Whether a handshake failed because the other end answered in words that are not TLS.
fn speaks_plainly(reason: &anyhow::Error) -> bool {
    let reason = reason.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let reason = reason.and_then(|reason| reason.downcast_ref());
    matches!(reason, Some(rustls::Error::InvalidMessage(_)))
}

/// The token in a file, or else that in the environment.
fn token(file: Option<&Path>) -> Result<Option<Token>> {
    let text = match file {
        Some(file) => {
            let read = || {
                let mut text = String::new();
                File::open(file)?.take(LONGEST_TOKEN).read_to_string(&mut text)?;
                Ok::<_, std::io::Error>(text)
            };
            Some(read().with_context(|| format!("can't read the token in {}", file.display()))?)
        }
        None => std::env::var("HORARIUM_TOKEN").ok(),
    };
    let text = text.map(|text| text.trim().to_owned());
    Ok(text.filter(|text| !text.is_empty()).map(Token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(url: &str, token: bool) -> Result<Remote> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("token");
        std::fs::write(&file, if token { "hor_secret\n" } else { "" })?;
        Remote::new(url, Some(&file), None)
    }

    #[test]
    fn a_token_is_shown_where_nobody_reads_along() {
        for url in ["https://h.example:1", "http://localhost:1", "http://[::1]", "http://127.0.0.1"]
        {
            assert!(remote(url, true).is_ok(), "{url}");
        }
        for url in ["http://h.example", "http://10.0.0.1:1", "http://localhost.example"] {
            let error = remote(url, true).unwrap_err().to_string();
            assert!(error.contains("take `https`") && !error.contains("secret"), "{error}");
            assert!(remote(url, false).is_ok(), "{url}");
        }
        let remote = remote("https://h.example:1", true).unwrap();
        assert_eq!(remote.credentials().unwrap().unwrap(), "Bearer hor_secret");
        assert!(!format!("{remote:?}").contains("secret"));
        assert_eq!(remote.name().unwrap(), "h.example:1");
    }

    #[test]
    fn a_hosts_url_is_nothing_but_that() {
        for url in [
            "",
            "h.example:1",
            "ftp://h.example",
            "https://",
            "https://u@h.example",
            "https://u:p@h.example",
            "https://h.example/api",
            "https://h.example?a",
            "https://h.example#a",
        ] {
            assert!(remote(url, false).is_err(), "{url}");
        }
    }
}
