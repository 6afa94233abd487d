//! The world outside: connections, certificates.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, LazyLock},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::tls::Tls;

/// A connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Something that takes its time.
pub(super) type Eventually<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// A network.
pub(super) trait Net: Send + Sync {
    /// Connects to exactly this address.
    fn connect(&self, address: SocketAddr) -> Eventually<'_, Box<dyn Stream>>;
}

/// What requests are sent through.
pub(super) struct Web {
    pub(super) net: Box<dyn Net>,
    pub(super) tls: Tls,
}

impl Web {
    /// The host's own network and the certificates that it trusts. One for the whole
    /// process, since these are the process's.
    pub(super) fn of_the_host() -> Arc<Self> {
        static WEB: LazyLock<Arc<Web>> =
            LazyLock::new(|| Arc::new(Web { net: Box::new(System), tls: Tls::of_the_host() }));
        WEB.clone()
    }
}

/// The operating system's network.
struct System;

impl Net for System {
    fn connect(&self, address: SocketAddr) -> Eventually<'_, Box<dyn Stream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}
