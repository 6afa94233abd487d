//! Where the host is reached: the socket in its data directory, and a network where its
//! configuration says so.

pub(crate) mod certificate;
mod connection;
mod crowd;
mod patient;
mod tcp;

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::{Context, Result};
use axum::Router;
use tokio::{sync::watch, task::JoinSet, time::timeout};

pub(crate) use self::connection::Server;
use self::{certificate::Following, tcp::Tcp};
use crate::{access::Notices, api::socket::Socket, config::web::Web};

/// How long an end waits for answers that are on their way.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long to wait where the system has no descriptor for another connection.
pub(crate) const AGAIN: Duration = Duration::from_millis(100);

/// What listens, and answers nobody yet.
pub(crate) struct Listening {
    socket: Socket,
    tcp: Option<Tcp>,
    timeout: Duration,
}

/// What listens and answers, until it is dropped.
pub(crate) struct Answering {
    stop: watch::Sender<bool>,
    parts: JoinSet<()>,
}

impl Listening {
    /// Listens in a data directory that this process holds, and where the configuration
    /// says.
    ///
    /// # Errors
    /// Where that can't be.
    pub(crate) async fn open(data_dir: &Path, web: &Web, notices: &Notices) -> Result<Self> {
        let socket = Socket::open(data_dir).with_context(|| {
            format!("can't listen in the data directory {}", data_dir.display())
        })?;
        let certificate = match &web.tls {
            Some(files) => Some(Following::start(files.clone(), notices.clone())?),
            None => None,
        };
        let tcp = match web.listen {
            Some(address) => Some(Tcp::open(address, certificate).await?),
            None => None,
        };
        Ok(Self { socket, tcp, timeout: web.timeout })
    }

    /// Where it is reached on a network, as a browser is told it.
    pub(crate) fn address(&self) -> Option<(SocketAddr, &'static str)> {
        self.tcp.as_ref().map(|tcp| (tcp.address(), tcp.scheme()))
    }

    /// Answers whoever asks.
    pub(crate) fn answer(self, router: Router) -> Answering {
        let (stop, stopped) = watch::channel(false);
        let server = Server::new(router, self.timeout, stopped);
        let mut parts = JoinSet::new();
        parts.spawn(self.socket.serve(server.clone()));
        if let Some(tcp) = self.tcp {
            parts.spawn(tcp.serve(server));
        }
        Answering { stop, parts }
    }
}

impl Answering {
    /// Takes no connection any more, and ends those there are once they have answered, or
    /// soon.
    pub(crate) async fn end(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.parts.join_next().await.is_some() {} };
        // What is not done by then is dropped with the value.
        let _ = timeout(PATIENCE, all).await;
    }
}
