//! What comes before a response, counted: a server may send as many interim responses
//! as it likes, and hyper skips them without an end.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::web::Stream;

/// What a server may send before its response, in header sections of the longest: the
/// response's own is among them, and the beginning of its body, which is read along.
const SECTIONS: usize = 4;

/// Raised where a server sends something else than its response.
#[derive(Debug, thiserror::Error)]
#[error("the server has sent too much before its response")]
pub(super) struct TooMuch;

/// A connection on which a response is waited for.
pub(super) struct Counted {
    stream: Box<dyn Stream>,
    left: Arc<AtomicUsize>,
}

/// Ends the counting.
pub(super) struct Counting(Arc<AtomicUsize>);

impl Counted {
    /// The same stream, where a header section has at most so many bytes.
    pub(super) fn new(stream: Box<dyn Stream>, section: usize) -> (Self, Counting) {
        let left = Arc::new(AtomicUsize::new(section.saturating_mul(SECTIONS)));
        (Self { stream, left: left.clone() }, Counting(left))
    }
}

impl Counting {
    /// The response has begun: its body is counted elsewhere.
    pub(super) fn end(self) {
        self.0.store(usize::MAX, Ordering::Relaxed);
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().len() - before;
        let rest = |left: usize| match left {
            usize::MAX => Some(left),
            _ => left.checked_sub(read),
        };
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest) {
            Ok(_) => polled,
            Err(_) => Poll::Ready(Err(io::Error::other(TooMuch))),
        }
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
