//! The world outside: names, connections, certificates.

use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    pin::Pin,
    sync::{Arc, LazyLock},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
    task::spawn_blocking,
};

use super::tls::Tls;

/// Names that are looked up at once, by all attempts together: each takes a thread
/// until the system's resolver gives up, whoever may have stopped waiting for it.
const LOOKUPS: usize = 32;

/// A connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Something that takes its time.
pub(super) type Eventually<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// A network, with its names.
pub(super) trait Net: Send + Sync {
    /// The addresses of a name.
    fn resolve<'a>(&'a self, name: &'a str) -> Eventually<'a, Vec<IpAddr>>;

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
        static WEB: LazyLock<Arc<Web>> = LazyLock::new(|| {
            let net = System { lookups: Arc::new(Semaphore::new(LOOKUPS)) };
            Arc::new(Web { net: Box::new(net), tls: Tls::of_the_host() })
        });
        WEB.clone()
    }
}

/// The operating system's network.
struct System {
    lookups: Arc<Semaphore>,
}

impl Net for System {
    fn resolve<'a>(&'a self, name: &'a str) -> Eventually<'a, Vec<IpAddr>> {
        Box::pin(async move {
            let permit = self.lookups.clone().acquire_owned().await.map_err(io::Error::other)?;
            let name = name.to_owned();
            let lookup = spawn_blocking(move || {
                let _permit = permit;
                let addresses = (name.as_str(), 0).to_socket_addrs()?;
                Ok(addresses.map(|address| address.ip()).collect())
            });
            lookup.await.map_err(io::Error::other)?
        })
    }

    fn connect(&self, address: SocketAddr) -> Eventually<'_, Box<dyn Stream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}
