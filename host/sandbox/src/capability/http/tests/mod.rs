//! Requests over a network that is made up, with a clock that stands still.

mod addresses;
mod budget;
mod grants;
mod phases;
mod telling;
mod tls;
mod wire;

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use horarium_core::{
    attempt::{HttpRequest, Observer, Progress},
    log::LogLine,
    net::http::{HttpGrant, HttpLimits, Methods},
};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body, Frame};
use rustls::RootCertStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::{
    hooks::{Hooks, Worker},
    notes::Notes,
    session::Session,
    tls::Tls,
    web::{Eventually, Net, Stream, Web},
};
use crate::{
    capability::lookups::{Lookups, Resolution, Resolver, Turn},
    capture::Capture,
    state::SharedCapture,
};

type Serve = Box<dyn Fn(DuplexStream) -> Worker + Send + Sync>;

/// A network of names, each with its answers in order, the last one for ever, and of
/// servers.
#[derive(Default)]
struct Network {
    names: Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>,
    servers: HashMap<SocketAddr, Serve>,
    connected: Mutex<Vec<SocketAddr>>,
}

impl Resolver for Network {
    fn resolve(&self, name: &str, _turn: Turn) -> Resolution {
        let mut names = self.names.lock().unwrap();
        let answers = names.get_mut(name);
        let answer = answers.map(|answers| {
            let first = answers.front().cloned();
            if answers.len() > 1 {
                answers.pop_front();
            }
            first.unwrap_or_default()
        });
        Box::pin(async move {
            match answer {
                // One that never answers.
                Some(addresses) if addresses.is_empty() => std::future::pending().await,
                Some(addresses) => Ok(addresses),
                None => Err(io::Error::other("nobody knows this name")),
            }
        })
    }
}

impl Net for Arc<Network> {
    fn connect(&self, address: SocketAddr) -> Eventually<'_, Box<dyn Stream>> {
        self.connected.lock().unwrap().push(address);
        Box::pin(async move {
            let Some(serve) = self.servers.get(&address) else {
                // Nobody is there, and nobody says so.
                return std::future::pending().await;
            };
            let (ours, theirs) = duplex(64 << 10);
            tokio::spawn(Box::into_pin(serve(theirs)));
            Ok(Box::new(ours) as Box<dyn Stream>)
        })
    }
}

#[derive(Default)]
struct Lines {
    lines: Mutex<Vec<LogLine>>,
    requests: Mutex<Vec<HttpRequest>>,
}

impl Observer for Lines {
    fn log(&self, line: LogLine) {
        self.lines.lock().unwrap().push(line);
    }

    fn progress(&self, _: Progress) {}

    fn requested(&self, request: HttpRequest) {
        self.requests.lock().unwrap().push(request);
    }
}

/// Everything around one attempt.
struct World {
    network: Network,
    roots: RootCertStore,
    limits: HttpLimits,
    grants: Vec<HttpGrant>,
}

impl World {
    fn new() -> Self {
        let (network, roots) = (Network::default(), RootCertStore::empty());
        Self { network, roots, limits: HttpLimits::DEFAULT, grants: Vec::new() }
    }

    /// A name with its answers, one after the other.
    fn name(self, name: &str, answers: &[&[&str]]) -> Self {
        let parse = |addresses: &&[&str]| addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).collect();
        self.network.names.lock().unwrap().insert(name.to_owned(), answers);
        self
    }

    /// A server that does this with each connection.
    fn server<F>(
        mut self,
        address: &str,
        serve: impl Fn(DuplexStream) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let serve = move |stream| {
            let served = serve(stream);
            Box::new(async {
                // Whoever breaks off is not the server's business.
                let _ = served.await;
                Ok(())
            }) as Worker
        };
        self.network.servers.insert(address.parse().unwrap(), Box::new(serve));
        self
    }

    /// Grants everything below a URL with some methods.
    fn grant(mut self, url: &str, methods: &[&str]) -> Self {
        self.grants.push(grant(url, methods));
        self
    }

    fn start(self) -> Attempt {
        let network = Arc::new(self.network);
        let lines = Arc::new(Lines::default());
        let capture = SharedCapture::new(
            Capture::new(lines.clone(), 1 << 20, 1_000),
            horarium_core::redact::Redactor::default(),
        );
        let web = Web { net: Box::new(network.clone()), tls: Tls::trusting(self.roots) };
        let lookups = Lookups::new(network.clone());
        let notes = Notes::new(&capture);
        let session = Session::new(Arc::new(web), lookups.clone(), self.limits, notes);
        let mut hooks = Hooks::new(&self.grants, self.limits, &lookups, &capture);
        hooks.session = Some(Arc::new(session));
        Attempt { hooks, network, lines }
    }
}

fn grant(url: &str, methods: &[&str]) -> HttpGrant {
    HttpGrant {
        prefix: url.parse().unwrap(),
        methods: Methods::new(methods.iter().map(|method| method.parse().unwrap()).collect()),
        within: Vec::new(),
        credential: None,
    }
}

/// An attempt that sends requests.
struct Attempt {
    hooks: Hooks,
    network: Arc<Network>,
    lines: Arc<Lines>,
}

/// A response, and what keeps its connection going.
struct Answered {
    response: Response<WasiBody>,
    connection: Worker,
}

impl Attempt {
    fn ask(
        &mut self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> impl Future<Output = Result<Answered, Error>> + Send + 'static {
        let answer = self.hooks.send_request(request, Some(options), Box::new(async { Ok(()) }));
        async {
            let (response, connection) = Box::into_pin(answer).await?;
            Ok(Answered { response, connection })
        }
    }

    async fn get(&mut self, url: &str) -> Result<Answered, Error> {
        self.ask(request("GET", url), RequestOptions::default()).await
    }

    /// The reason why a request did not succeed.
    async fn fail(&mut self, url: &str) -> Error {
        match self.get(url).await {
            Ok(answered) => panic!("{url} answered {:?}", answered.response.status()),
            Err(reason) => reason,
        }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lines.lock().unwrap().iter().map(|line| line.message.clone()).collect()
    }

    fn connected(&self) -> Vec<String> {
        self.network.connected.lock().unwrap().iter().map(ToString::to_string).collect()
    }
}

impl Answered {
    /// The whole body, or why it broke off.
    async fn body(self) -> Result<Bytes, Error> {
        let connection = tokio::spawn(Box::into_pin(self.connection));
        let body = self.response.into_body().collect().await;
        drop(connection);
        Ok(body?.to_bytes())
    }
}

fn request(method: &str, url: &str) -> Request<WasiBody> {
    let nothing = Empty::new().map_err(|never| match never {});
    Request::builder().method(method).uri(url).body(nothing.boxed_unsync()).unwrap()
}

fn with_body(method: &str, url: &str, body: impl Into<Bytes>) -> Request<WasiBody> {
    let body = Full::new(body.into()).map_err(|never| match never {});
    request(method, url).map(|_| body.boxed_unsync())
}

/// Reads a request's head.
async fn head(stream: &mut DuplexStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A server that says this whatever it is asked.
fn says(answer: impl AsRef<[u8]>) -> impl Fn(DuplexStream) -> Served + Send + Sync + 'static {
    let answer = Bytes::copy_from_slice(answer.as_ref());
    move |mut stream| {
        let answer = answer.clone();
        Box::pin(async move {
            head(&mut stream).await?;
            stream.write_all(&answer).await
        })
    }
}

/// What a server does.
type Served = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// A body made of what polling gives.
struct Pieces<F>(F);

impl<F: FnMut(&mut Context<'_>) -> Poll<Option<Bytes>> + Unpin> Body for Pieces<F> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        (self.0)(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
