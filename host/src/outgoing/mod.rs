//! Connections that go out from here, to whatever a URL names.

mod tls;

use std::{io, path::Path, time::Duration};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    task::spawn_blocking,
    time::timeout,
};
use url::{Host, Url};

pub(crate) use self::tls::{Trust, roots_in};

/// Both directions of a connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreachable {
    /// Nobody listens there.
    #[error("{0}")]
    Silent(io::Error),
    /// Somebody does, and is not who it should be.
    #[error("{0:#}")]
    Untrusted(anyhow::Error),
}

/// Connects; by `https` with whoever these certificates vouch for, or those that the system
/// trusts.
pub(crate) async fn connect(url: &Url, roots: Option<&Path>) -> Result<Box<dyn Stream>> {
    let host = url.host().context("a host has a name")?;
    let port = url.port_or_known_default().context("a host has a port")?;
    let stream = dial(&host, port).await.map_err(Unreachable::Silent)?;
    if url.scheme() != "https" {
        return Ok(Box::new(stream));
    }
    let roots = roots.map(Path::to_owned);
    // It reads files.
    let trust = spawn_blocking(move || Trust::new(roots.as_deref())).await??;
    let stream = trust.shake_hands(stream, &host).await;
    Ok(Box::new(stream.map_err(Unreachable::Untrusted)?))
}

/// How long one of several addresses may keep silent before the next one is tried.
const SILENCE: Duration = Duration::from_secs(3);

/// Connects, and says nothing.
pub(crate) async fn dial<S: AsRef<str>>(host: &Host<S>, port: u16) -> io::Result<TcpStream> {
    let name = match host {
        Host::Domain(name) => name.as_ref(),
        Host::Ipv4(address) => return TcpStream::connect((*address, port)).await,
        Host::Ipv6(address) => return TcpStream::connect((*address, port)).await,
    };
    let mut last = io::ErrorKind::NotFound.into();
    for address in lookup_host((name, port)).await? {
        last = match timeout(SILENCE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(reason)) => reason,
            Err(_) => io::ErrorKind::TimedOut.into(),
        };
    }
    Err(last)
}
