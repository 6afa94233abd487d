//! A collector: what speaks OTLP over HTTP, and keeps what it gets.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{self as otlp, status::StatusCode},
};
use prost::Message;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What it does with what comes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    /// Takes it.
    Takes,
    /// Takes all spans but one.
    RefusesOne,
    /// Wants nothing.
    RefusesAll,
    /// Is silent.
    Hangs,
}

/// A request that came.
#[derive(Debug)]
pub(super) struct Received {
    /// Its first line and its headers.
    pub(super) head: String,
    /// Who sent it.
    pub(super) resource: BTreeMap<String, String>,
    /// What.
    pub(super) spans: Vec<Span>,
}

/// A span, in words.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) trace: Vec<u8>,
    pub(super) id: Vec<u8>,
    pub(super) parent: Vec<u8>,
    pub(super) name: String,
    pub(super) from: u64,
    pub(super) to: u64,
    /// What went wrong; none where nothing did.
    pub(super) error: Option<String>,
    pub(super) says: BTreeMap<String, String>,
}

/// One that listens on this machine, for as long as the process lives.
pub(super) struct Collector {
    pub(super) port: u16,
    received: mpsc::Receiver<Received>,
}

impl Collector {
    pub(super) fn start(manner: Manner) -> Self {
        Self::listen(move |stream, tell| serve(stream, manner, tell))
    }

    /// The same over TLS.
    pub(super) fn start_tls(config: Arc<ServerConfig>) -> Self {
        Self::listen(move |stream, tell| {
            let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
            serve(StreamOwned::new(connection, stream), Manner::Takes, tell)
        })
    }

    fn listen(
        serve: impl Fn(TcpStream, &mpsc::Sender<Received>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, received) = mpsc::channel();
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (serve, tell) = (serve.clone(), tell.clone());
                // Whoever hangs up has said all.
                thread::spawn(move || drop(serve(stream, &tell)));
            }
        });
        Self { port, received }
    }

    /// All that came so far.
    pub(super) fn received(&self) -> Vec<Received> {
        self.received.try_iter().collect()
    }

    /// All spans that came so far.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.received().into_iter().flat_map(|received| received.spans).collect()
    }
}

/// Answers one request after the other.
fn serve(
    mut stream: impl Read + Write,
    manner: Manner,
    tell: &mpsc::Sender<Received>,
) -> io::Result<()> {
    loop {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).map_err(io::Error::other)?.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).expect("a length");
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let request = ExportTraceServiceRequest::decode(body.as_slice());
        let received = read(head, request.expect("OTLP, encoded as protobuf"));
        // The test may be over.
        let _ = tell.send(received);
        let partial = matches!(manner, Manner::RefusesOne).then(|| ExportTracePartialSuccess {
            rejected_spans: 1,
            error_message: "one too many".to_owned(),
        });
        let answer = ExportTraceServiceResponse { partial_success: partial }.encode_to_vec();
        let status = match manner {
            Manner::Takes | Manner::RefusesOne => "200 OK",
            Manner::RefusesAll => "403 Forbidden",
            Manner::Hangs => return io::copy(&mut stream, &mut io::sink()).map(drop),
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", answer.len())?;
        stream.write_all(&answer)?;
        stream.flush()?;
    }
}

fn read(head: String, request: ExportTraceServiceRequest) -> Received {
    let mut received = Received { head, resource: BTreeMap::new(), spans: Vec::new() };
    for of_resource in request.resource_spans {
        received.resource.extend(words(of_resource.resource.unwrap().attributes));
        let scopes = of_resource.scope_spans.into_iter();
        received.spans.extend(scopes.flat_map(|scope| scope.spans).map(span));
    }
    received
}

fn span(span: otlp::Span) -> Span {
    let status = span.status.filter(|status| status.code() == StatusCode::Error);
    Span {
        trace: span.trace_id,
        id: span.span_id,
        parent: span.parent_span_id,
        name: span.name,
        from: span.start_time_unix_nano,
        to: span.end_time_unix_nano,
        error: status.map(|status| status.message),
        says: words(span.attributes),
    }
}

fn words(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let word = |value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let words = attributes.into_iter();
    words
        .map(|it| (it.key, it.value.and_then(|it| it.value).map(word).unwrap_or_default()))
        .collect()
}
