//! In a plugin: the host, through `wasi:http`.

mod bindings;
mod body;
mod errors;

use std::time::Instant;

use self::{
    bindings::wasi::{
        clocks::monotonic_clock,
        http::{
            outgoing_handler::handle,
            types::{
                Fields, FutureIncomingResponse, HeaderError, IncomingResponse, Method,
                OutgoingRequest, Scheme,
            },
        },
        io::poll::{Pollable, poll},
    },
    body::{Incoming, upload},
    errors::kind,
};
use super::{ErrorKind, Response, Sent, url};

pub(super) fn send(request: &Sent, deadline: Option<Instant>) -> Result<Response, ErrorKind> {
    let outgoing = prepare(request)?;
    let body = match &request.body {
        Some(_) => Some(outgoing.body().map_err(|()| broken("its body can't be sent"))?),
        None => None,
    };
    let response = handle(outgoing, None).map_err(kind)?;
    if let (Some(body), Some(bytes)) = (body, &request.body) {
        upload(body, bytes, deadline)?;
    }
    receive(&response, deadline)
}

/// The request as the host takes it.
fn prepare(request: &Sent) -> Result<OutgoingRequest, ErrorKind> {
    let invalid = |reason: &str| ErrorKind::Invalid(reason.to_owned());
    let parts = url::parts(&request.url).ok_or_else(|| invalid(url::HELP))?;
    let headers = Fields::new();
    let length = request.body.as_ref().map(|body| ("content-length", body.len().to_string()));
    let length = length.iter().map(|(name, value)| (*name, value));
    let own = request.headers.iter().map(|(name, value)| (name.as_str(), value));
    for (name, value) in own.chain(length) {
        headers.append(name, value.as_bytes()).map_err(|reason| {
            ErrorKind::Invalid(match reason {
                HeaderError::InvalidSyntax => format!("the header {name:?} can't be sent"),
                HeaderError::Forbidden => format!("the header {name:?} is the host's own"),
                HeaderError::Immutable => format!("the header {name:?} comes too late"),
            })
        })?;
    }
    let outgoing = OutgoingRequest::new(headers);
    let scheme =
        if parts.scheme.eq_ignore_ascii_case("http") { Scheme::Http } else { Scheme::Https };
    let slash = if parts.path.starts_with('/') { "" } else { "/" };
    let path = format!("{slash}{}", parts.path);
    outgoing
        .set_method(&method(&request.method))
        .map_err(|()| invalid("there is no such method"))?;
    outgoing
        .set_scheme(Some(&scheme))
        .and_then(|()| outgoing.set_authority(Some(parts.authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(&path)))
        .map_err(|()| invalid(url::HELP))?;
    Ok(outgoing)
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        other => Method::Other(other.to_owned()),
    }
}

fn receive(
    response: &FutureIncomingResponse,
    deadline: Option<Instant>,
) -> Result<Response, ErrorKind> {
    let response = loop {
        match response.get() {
            Some(Ok(answer)) => break answer.map_err(kind)?,
            Some(Err(())) => return Err(broken("its response was taken already")),
            None => wait(&response.subscribe(), deadline)?,
        }
    };
    let text = |value: Vec<u8>| match String::from_utf8(value) {
        Ok(text) => text,
        Err(bytes) => String::from_utf8_lossy(bytes.as_bytes()).into_owned(),
    };
    let headers = response.headers().entries();
    let headers = headers.into_iter().map(|(name, value)| (name, text(value))).collect();
    let status = response.status();
    Ok(Response::from_parts(status, headers, incoming(response, deadline)?))
}

fn incoming(response: IncomingResponse, deadline: Option<Instant>) -> Result<Incoming, ErrorKind> {
    let body = response.consume().map_err(|()| broken("its body was taken already"))?;
    let stream = body.stream().map_err(|()| broken("its body was taken already"))?;
    Ok(Incoming::new(stream, body, deadline))
}

/// Waits for something, but not beyond the deadline.
fn wait(something: &Pollable, deadline: Option<Instant>) -> Result<(), ErrorKind> {
    let Some(deadline) = deadline else {
        poll(&[something]);
        return Ok(());
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let left = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX);
    let timer = monotonic_clock::subscribe_duration(left);
    // The first is `something`; whoever comes just in time has come in time.
    if poll(&[something, &timer]).contains(&0) { Ok(()) } else { Err(ErrorKind::Timeout) }
}

fn broken(reason: &str) -> ErrorKind {
    ErrorKind::Broken(reason.to_owned())
}
