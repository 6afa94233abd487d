//! One connection: requests, one after the other.

use std::time::Duration;

use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    sync::watch,
    time::timeout,
};

use super::patient::Patient;
use crate::access::Peer;

/// The most headers of a request.
const HEADERS: usize = 64;

/// The longest head of a request, and the most that is read ahead of a body, in bytes.
const HEAD: usize = 32 << 10;

/// How long what is still sent is taken after the last answer.
const LINGER: Duration = Duration::from_secs(2);

/// How much of it at once, in bytes.
const UNREAD: usize = 16 << 10;

/// Answers on connections.
#[derive(Clone)]
pub(crate) struct Server {
    router: Router,
    timeout: Duration,
    stopped: watch::Receiver<bool>,
}

impl Server {
    pub(super) fn new(router: Router, timeout: Duration, stopped: watch::Receiver<bool>) -> Self {
        Self { router, timeout, stopped }
    }

    /// How long the other end may take for a part of what it does.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// It is to end.
    pub(crate) async fn stopped(&mut self) {
        // Who could say so is gone: that is an end, too.
        let _ = self.stopped.wait_for(|stopped| *stopped).await;
    }

    /// Answers all that comes over a connection, until it ends.
    pub(crate) async fn converse<S>(mut self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            hyper::service::Service::call(&router, request)
        });
        let mut stream = Patient::new(stream, self.timeout);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // It runs between two requests as well.
            .header_read_timeout(self.timeout)
            .max_headers(HEADERS)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(&mut stream), service);
        let mut connection = Box::pin(connection);
        // What goes wrong with a connection is its client's to notice.
        tokio::select! {
            _ = connection.as_mut() => {
                drop(connection);
                return linger(&mut stream).await;
            }
            () = self.stopped() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Takes for a while what the other end still sends. Where a connection is closed with
/// something unread, such as a body that was refused by its head, the system resets it, and
/// the answer that is on its way is lost.
async fn linger(stream: &mut (impl AsyncRead + Unpin)) {
    let mut unread = vec![0; UNREAD];
    let take = async { while matches!(stream.read(&mut unread).await, Ok(1..)) {} };
    // Who goes on for longer has had an answer for long.
    let _ = timeout(LINGER, take).await;
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn what_is_still_sent_is_taken() {
        let (mut near, mut far) = duplex(8);
        let send = async {
            far.write_all(&[7; 100]).await.unwrap();
            drop(far);
        };
        tokio::join!(linger(&mut near), send);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_waited_for_for_ever() {
        let (mut near, _far) = duplex(8);
        linger(&mut near).await;
    }
}
