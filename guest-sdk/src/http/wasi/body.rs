//! Bodies, in both directions.

use std::time::Instant;

use super::{
    bindings::wasi::{
        http::types::{IncomingBody, OutgoingBody},
        io::streams::{InputStream, OutputStream, StreamError},
    },
    broken,
    errors::{kind, stream_kind},
    wait,
};
use crate::http::{ErrorKind, response::Source};

/// Sends a body. Where the host takes no more of it there is a reason, and asking for
/// the response tells it.
pub(super) fn upload(
    body: OutgoingBody,
    bytes: &[u8],
    deadline: Option<Instant>,
) -> Result<(), ErrorKind> {
    let stream = body.write().map_err(|()| broken("its body was sent already"))?;
    let whole = write(&stream, bytes, deadline)?;
    // The stream belongs to the body.
    drop(stream);
    if whole { OutgoingBody::finish(body, None).map_err(kind) } else { Ok(()) }
}

/// Whether all of it was taken.
fn write(
    stream: &OutputStream,
    mut bytes: &[u8],
    deadline: Option<Instant>,
) -> Result<bool, ErrorKind> {
    while !bytes.is_empty() {
        let room = match stream.check_write() {
            Ok(0) => {
                wait(&stream.subscribe(), deadline)?;
                continue;
            }
            Ok(room) => room,
            Err(_) => return Ok(false),
        };
        let length = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        let (piece, rest) = bytes.split_at(length);
        if stream.write(piece).is_err() {
            return Ok(false);
        }
        bytes = rest;
    }
    Ok(true)
}

/// The body of a response.
pub(super) struct Incoming {
    // In this order they are dropped: the stream belongs to the body.
    stream: InputStream,
    _body: IncomingBody,
    deadline: Option<Instant>,
}

impl Incoming {
    pub(super) fn new(stream: InputStream, body: IncomingBody, deadline: Option<Instant>) -> Self {
        Self { stream, _body: body, deadline }
    }
}

impl Source for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let length = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
        loop {
            match self.stream.read(length) {
                Ok(bytes) if bytes.is_empty() => wait(&self.stream.subscribe(), self.deadline)?,
                Ok(bytes) => {
                    buffer[..bytes.len()].copy_from_slice(&bytes);
                    return Ok(bytes.len());
                }
                Err(StreamError::Closed) => return Ok(0),
                Err(StreamError::LastOperationFailed(reason)) => return Err(stream_kind(&reason)),
            }
        }
    }
}
