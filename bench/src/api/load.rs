//! Programs that ask a host.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

use super::{RUNS, TASKS};

/// What came of asking.
pub(super) struct Asked {
    pub(super) length: Duration,
    /// Milliseconds that each answer took.
    pub(super) times: Vec<f64>,
}

/// A connection to a host, kept alive.
pub(super) struct Connection {
    address: SocketAddr,
    sender: SendRequest<Empty<Bytes>>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { address, sender })
    }

    /// The body of a good answer.
    pub(super) async fn get(&mut self, path: &str) -> Result<Bytes> {
        let request = Request::get(path).header(header::HOST, self.address.to_string());
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(Empty::new())?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}

/// Asks for a while, each connection as soon as it has its answer.
pub(super) async fn ask(address: SocketAddr, clients: usize, length: Duration) -> Result<Asked> {
    let start = Instant::now();
    let mut asking = JoinSet::new();
    for client in 0..clients {
        asking.spawn(client_asks(address, client, start + length));
    }
    let mut times = Vec::new();
    while let Some(client) = asking.join_next().await {
        times.extend(client.context("a client has ended")??);
    }
    Ok(Asked { length: start.elapsed(), times })
}

async fn client_asks(address: SocketAddr, client: usize, until: Instant) -> Result<Vec<f64>> {
    let mut connection = Connection::open(address).await?;
    let mut times = Vec::new();
    // Far enough from each other that no two ask for the same.
    let mut seed = u32::try_from(client)? * 7_919;
    while Instant::now() < until {
        let path = path(seed);
        let start = Instant::now();
        connection.get(&path).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        seed = seed.wrapping_add(1);
    }
    Ok(times)
}

/// One of ten kinds of requests, each time for something else.
fn path(seed: u32) -> String {
    // A step that has no divisor in common with what it goes round in.
    let (run, task) = (seed.wrapping_mul(7_919) % RUNS + 1, seed.wrapping_mul(7_919) % TASKS);
    match seed % 10 {
        0..4 => format!("/api/v1/runs/{run}"),
        4 | 5 => format!("/api/v1/tasks/task-{task}"),
        6 | 7 => format!("/api/v1/runs?task=task-{task}&limit=20"),
        8 => format!("/api/v1/runs?state=failed&limit=20&cursor={run}"),
        _ => "/api/v1/host".to_owned(),
    }
}
