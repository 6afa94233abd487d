//! The connection to a collector: HTTP/1.1, over TLS where its URL says so, kept open
//! between two batches.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use async_trait::async_trait;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response, Uri,
    body::{Body, Bytes},
    client::conn::http1::{self, SendRequest},
    header::{HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tokio::time::timeout;
use url::{Host, Url};

use crate::outgoing::{self, Stream, Trust};

/// How long it may take until a connection is there.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer, in bytes; it says hardly anything.
const LONGEST: usize = 64 << 10;

/// A collector, and the connection to it while there is one.
pub(super) struct Connection {
    host: Host,
    port: u16,
    /// None for `http`.
    trust: Option<Trust>,
    /// What its requests are for, and whom they go to.
    path: Uri,
    name: HeaderValue,
    open: tokio::sync::Mutex<Option<SendRequest<Full<Bytes>>>>,
    /// What went wrong last.
    trouble: Mutex<Option<String>>,
    /// Spans that it said it did not take.
    refused: AtomicU64,
}

impl Connection {
    /// To be opened when there is something to send.
    ///
    /// # Errors
    /// Where the certificates to trust can't be read.
    pub(super) fn new(url: &Url, roots: Option<&Path>) -> Result<Self> {
        let host = url.host().context("a collector has a name")?.to_owned();
        let port = url.port_or_known_default().context("a collector has a port")?;
        let trust = match url.scheme() {
            "https" => Some(Trust::new(roots)?),
            _ => None,
        };
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let name = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        Ok(Self {
            host,
            port,
            trust,
            path: format!("{}{query}", url.path()).parse()?,
            name: HeaderValue::try_from(name)?,
            open: tokio::sync::Mutex::new(None),
            trouble: Mutex::new(None),
            refused: AtomicU64::new(0),
        })
    }

    /// What went wrong with it, once.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// How many spans were refused, once.
    pub(super) fn refused(&self) -> u64 {
        self.refused.swap(0, Ordering::Relaxed)
    }

    async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Bytes>> {
        *request.uri_mut() = self.path.clone();
        request.headers_mut().insert(HOST, self.name.clone());
        // Taken out: what is given up in the middle is not used again.
        let mut open = self.open.lock().await;
        let kept = match open.take() {
            // It may have been closed meanwhile.
            Some(mut sender) => sender.ready().await.is_ok().then_some(sender),
            None => None,
        };
        let mut sender = match kept {
            Some(sender) => sender,
            None => timeout(PATIENCE, self.connect())
                .await
                .map_err(|_| anyhow!("nobody answers within {PATIENCE:?}"))??,
        };
        let answer = sender.send_request(request).await.context("it hangs up")?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST).collect().await;
        let body = body.map_err(|reason| anyhow!("it hangs up: {reason}"))?.to_bytes();
        *open = Some(sender);
        Ok(Response::from_parts(head, body))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let stream = outgoing::dial(&self.host, self.port).await.context("nobody answers there")?;
        stream.set_nodelay(true)?;
        match &self.trust {
            Some(trust) => over(trust.shake_hands(stream, &self.host).await?).await,
            None => over(stream).await,
        }
    }

    /// Notes what an answer says beside its status.
    fn note(&self, answer: &Response<Bytes>) {
        if !answer.status().is_success() {
            let status = answer.status();
            return self.note_trouble(format!("it answers {status}"));
        }
        let said = ExportTraceServiceResponse::decode(answer.body().clone());
        let partial = said.ok().and_then(|said| said.partial_success);
        if let Some(partial) = partial {
            let refused = u64::try_from(partial.rejected_spans).unwrap_or_default();
            self.refused.store(refused, Ordering::Relaxed);
        }
    }

    fn note_trouble(&self, trouble: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
    }
}

async fn over<S: Stream + 'static, B: Body<Data = Bytes> + Send + 'static>(
    stream: S,
) -> Result<SendRequest<B>>
where
    B::Error: Into<HttpError>,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the sender; what goes wrong there is told to whoever waits here.
    tokio::spawn(connection);
    Ok(sender)
}

#[async_trait]
impl HttpClient for Connection {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        match self.send(request.map(Full::from)).await {
            Ok(answer) => {
                self.note(&answer);
                Ok(answer)
            }
            Err(reason) => {
                self.note_trouble(format!("{reason:#}"));
                Err(reason.into())
            }
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({}:{})", self.host, self.port)
    }
}
