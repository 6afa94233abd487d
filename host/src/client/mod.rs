//! Asking a running host for something: the one that serves a data directory here, or one
//! that is reached over a network.

mod bring;
mod read;
mod remote;
mod state;

use std::{io, path::Path};

use anyhow::{Context, Result, anyhow, bail};
use horarium_core::text::escape;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1,
    header::{self, HeaderMap, HeaderValue},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) use self::{
    read::{ListedTask, Said},
    remote::Remote,
    state::{Expected, Exported},
};
use crate::{
    api::socket,
    sse::{Events, Told},
};

/// The kind of most bodies.
const JSON: &str = "application/json";

/// A connection to a host.
pub(crate) struct Client {
    sender: http1::SendRequest<Full<Bytes>>,
    /// What it is asked by.
    name: HeaderValue,
    /// What shows who asks; none where the connection does.
    credentials: Option<HeaderValue>,
    /// What may be wrong where nobody answers as a host does.
    suspicion: String,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Where no host serves this directory, or not to this user.
    pub(crate) async fn connect(data_dir: &Path) -> Result<Self> {
        let stream =
            socket::connect(data_dir).await.map_err(|reason| no_host(data_dir, &reason))?;
        let suspicion = "the host has hung up".to_owned();
        Self::over(stream, HeaderValue::from_static("localhost"), None, suspicion).await
    }

    /// Connects to a host that is somewhere else.
    ///
    /// # Errors
    /// Where none answers there, or not as what it should be.
    pub(crate) async fn reach(remote: &Remote) -> Result<Self> {
        let stream = remote.connect().await?;
        Self::over(stream, remote.name()?, remote.credentials()?, remote.suspicion()).await
    }

    async fn over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        stream: S,
        name: HeaderValue,
        credentials: Option<HeaderValue>,
        suspicion: String,
    ) -> Result<Self> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the sender; what goes wrong there is told to whoever waits here.
        tokio::spawn(connection);
        Ok(Self { sender, name, credentials, suspicion })
    }

    /// Asks for a change.
    ///
    /// # Errors
    /// Where the host does not follow; its own words say why.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::POST, path, JSON, body.to_string().into()).await
    }

    /// Asks how something stands.
    ///
    /// # Errors
    /// Where the host does not say.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, JSON, Bytes::new()).await
    }

    /// Follows what is at a path.
    ///
    /// # Errors
    /// Where the host does not let it be followed.
    pub(crate) async fn follow(&mut self, path: &str) -> Result<Followed> {
        let response = self.request(Method::GET, path, JSON, Bytes::new()).await?;
        match response.status().is_success() {
            true => Ok(Followed { body: response.into_body(), events: Events::default() }),
            false => Err(answer(response).await.err().unwrap_or_else(|| anyhow!("no events"))),
        }
    }

    /// Asks with a body of this kind.
    async fn send(
        &mut self,
        method: Method,
        path: &str,
        kind: &'static str,
        body: Bytes,
    ) -> Result<Value> {
        answer(self.request(method, path, kind, body).await?).await
    }

    async fn request(
        &mut self,
        method: Method,
        path: &str,
        kind: &'static str,
        body: Bytes,
    ) -> Result<Response<Incoming>> {
        self.request_with(method, path, kind, body, HeaderMap::new()).await
    }

    /// The same with more in its head.
    async fn request_with(
        &mut self,
        method: Method,
        path: &str,
        kind: &'static str,
        body: Bytes,
        headers: HeaderMap,
    ) -> Result<Response<Incoming>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.name.clone())
            .header(header::CONTENT_TYPE, kind)
            .body(Full::from(body))?;
        request.headers_mut().extend(headers);
        if let Some(credentials) = &self.credentials {
            request.headers_mut().insert(header::AUTHORIZATION, credentials.clone());
        }
        self.sender.ready().await.context("the host has hung up")?;
        self.sender.send_request(request).await.map_err(|reason| {
            // What is no HTTP, or nothing at all where an answer was to begin.
            match reason.is_parse() || reason.is_incomplete_message() {
                true => anyhow!("{}", self.suspicion),
                false => anyhow::Error::new(reason).context("the host has hung up"),
            }
        })
    }
}

/// Events that come from a host.
pub(crate) struct Followed {
    body: Incoming,
    events: Events,
}

impl Followed {
    /// Waits for the next event; none where no more will come.
    ///
    /// # Errors
    /// Where the host hangs up in the middle of one, or says what is none.
    pub(crate) async fn next(&mut self) -> Result<Option<Told>> {
        loop {
            if let Some(told) = self.events.next()? {
                return Ok(Some(told));
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let frame = frame.context("the host has hung up")?;
            if let Some(bytes) = frame.data_ref() {
                self.events.add(bytes)?;
            }
        }
    }
}

/// What to do where a token is missing or worth nothing.
const WAY_IN: &str = " (put one into HORARIUM_TOKEN, or name a file with --token-file)";

/// The longest answer, in bytes: some pages of the longest logs.
const LONGEST: usize = 256 << 20;

async fn answer(response: Response<Incoming>) -> Result<Value> {
    let status = response.status();
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    let body = body.map_err(|reason| anyhow!("the host has hung up: {reason}"))?.to_bytes();
    let value: Value = serde_json::from_slice(&body)
        .with_context(|| format!("the host answered {status}, and no JSON"))?;
    if status.is_success() {
        return Ok(value);
    }
    match value.get("detail").and_then(Value::as_str) {
        Some(detail) => {
            let way_out = match status {
                StatusCode::UNAUTHORIZED => WAY_IN,
                _ => "",
            };
            // It may be any program that answers there.
            let detail = escape(detail) + way_out;
            Err(anyhow!(Refused { status, detail, problem: value }))
        }
        None => bail!("the host answered {status}"),
    }
}

/// Why a host did not follow.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Refused {
    /// How it did not.
    pub(crate) status: StatusCode,
    detail: String,
    /// All that it said.
    pub(crate) problem: Value,
}

fn no_host(data_dir: &Path, reason: &io::Error) -> anyhow::Error {
    let place = data_dir.display();
    match reason.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            anyhow!("no host serves {place}; start one with `horarium serve`")
        }
        io::ErrorKind::PermissionDenied => {
            anyhow!("the host that serves {place} is another user's; ask as that user")
        }
        _ => anyhow!("can't ask the host that serves {place}: {reason}"),
    }
}
