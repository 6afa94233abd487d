//! A host that is reached over a network.

use std::{
    fs::File,
    io::Read,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use hyper::header::HeaderValue;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::spawn_blocking,
    time::timeout,
};
use url::{Host, Url};

use super::tls::Trust;

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

/// Both directions of a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

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
        let host = self.url.host().context("a host has a name")?;
        let port = self.url.port_or_known_default().context("a host has a port")?;
        let stream = match &host {
            Host::Domain(name) => TcpStream::connect((*name, port)).await,
            Host::Ipv4(address) => TcpStream::connect((*address, port)).await,
            Host::Ipv6(address) => TcpStream::connect((*address, port)).await,
        };
        let stream = stream.map_err(|reason| {
            anyhow!(
                "no host answers at {}: {reason}; `[web]` in its configuration, or \
                 `horarium serve --listen`, says where one listens",
                self.url
            )
        })?;
        if self.url.scheme() == "http" {
            return Ok(Box::new(stream));
        }
        let roots = self.roots.clone();
        let trust = spawn_blocking(move || Trust::new(roots.as_deref())).await??;
        let stream = trust.shake_hands(stream, &host).await.map_err(|reason| {
            let way_out = "--ca FILE names the certificate of who signed its own";
            anyhow!("can't trust {}: {reason:#}; {way_out}", self.url)
        });
        Ok(Box::new(stream?))
    }
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
