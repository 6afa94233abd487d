//! One connection: requests, one after the other.

use std::{pin::pin, time::Duration};

use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::patient::Patient;
use crate::access::Peer;

/// The most headers of a request.
const HEADERS: usize = 64;

/// The longest head of a request, and the most that is read ahead of a body, in bytes.
const HEAD: usize = 32 << 10;

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
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // It runs between two requests as well.
            .header_read_timeout(self.timeout)
            .max_headers(HEADERS)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(Patient::new(stream, self.timeout)), service);
        let mut connection = pin!(connection);
        // What goes wrong with a connection is its client's to notice.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = self.stopped() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}
