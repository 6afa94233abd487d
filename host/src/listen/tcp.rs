//! Listening on a network.

use std::{io, net::SocketAddr, sync::Arc};

use anyhow::{Result, anyhow};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::{AGAIN, certificate::Following, connection::Server, crowd::Crowd};
use crate::access::Peer;

/// What somebody hears for whom there is no room.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\ncontent-length: 118\r\nconnection: close\r\n\
    retry-after: 1\r\n\r\n\
    {\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\
    \"detail\":\"there are too many connections; try again\"}";

/// A listening address.
pub(super) struct Tcp {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Following>>,
}

impl Tcp {
    pub(super) async fn open(address: SocketAddr, tls: Option<Arc<Following>>) -> Result<Self> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|reason| refused(address, &reason))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, tls })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Answers whoever connects, until it is to end.
    pub(super) async fn serve(self, mut server: Server) {
        let crowd = Crowd::default();
        let tls = self.tls.as_ref().map(|tls| tls.acceptor());
        // They end with this future.
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = server.stopped() => break,
            };
            let Ok((stream, address)) = accepted else {
                tokio::time::sleep(AGAIN).await;
                continue;
            };
            let Some(room) = crowd.admit(address.ip()) else {
                if self.tls.is_none() {
                    // Who does not take it at once does without.
                    let _ = stream.try_write(NO_ROOM);
                }
                continue;
            };
            let (server, tls) = (server.clone(), tls.clone());
            connections.spawn(async move {
                talk(stream, address, tls, server).await;
                drop(room);
            });
        }
        drop(self.listener);
        while connections.join_next().await.is_some() {}
    }
}

/// Why the system does not let it listen there, and what to do about that.
fn refused(address: SocketAddr, reason: &io::Error) -> anyhow::Error {
    const ELSEWHERE: &str = "by `[web] listen` or --listen";
    match reason.kind() {
        io::ErrorKind::AddrInUse => anyhow!(
            "can't listen at {address}: another program does, perhaps another host; end that \
             one, or take another port {ELSEWHERE}"
        ),
        io::ErrorKind::PermissionDenied => anyhow!(
            "can't listen at {address}: ports below 1024 are root's on most systems; take a \
             higher one {ELSEWHERE}"
        ),
        io::ErrorKind::AddrNotAvailable => anyhow!(
            "can't listen at {address}: this machine does not have that address; take one of its \
             own {ELSEWHERE}, such as 127.0.0.1:{} for itself alone, or 0.0.0.0:{} for all of them",
            address.port(),
            address.port()
        ),
        _ => anyhow!("can't listen at {address}: {reason}"),
    }
}

async fn talk(stream: TcpStream, address: SocketAddr, tls: Option<TlsAcceptor>, server: Server) {
    let Ok(reached) = stream.local_addr() else { return };
    // Answers are whole when they are written.
    let _ = stream.set_nodelay(true);
    let peer = Peer::Net { address, reached, tls: tls.is_some() };
    let Some(tls) = tls else { return server.converse(stream, peer).await };
    if let Ok(Ok(stream)) = timeout(server.timeout(), tls.accept(stream)).await {
        server.converse(stream, peer).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_is_taken_is_told_with_a_way_out() {
        let first = Tcp::open("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        let second = Tcp::open(first.address(), None).await.err().unwrap().to_string();
        assert!(second.contains(&first.address().to_string()), "{second}");
        assert!(second.contains("another program does") && second.contains("--listen"), "{second}");
        // Addresses for documentation are nobody's.
        let foreign = Tcp::open("192.0.2.1:7878".parse().unwrap(), None).await.err().unwrap();
        assert!(foreign.to_string().contains("0.0.0.0:7878"), "{foreign}");
    }

    #[test]
    fn who_finds_no_room_hears_a_whole_answer() {
        let text = std::str::from_utf8(NO_ROOM).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
