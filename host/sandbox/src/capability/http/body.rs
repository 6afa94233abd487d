//! Bodies on their way, counted and timed.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use horarium_core::net::Target;
use hyper::body::{Body, Frame, SizeHint};
use tokio::{
    sync::watch,
    time::{Sleep, sleep},
};
use wasmtime_wasi_http::{Error, WasiBody};

use super::{exchange::broken, session::Session};

type Polled = Poll<Option<Result<Frame<Bytes>, Error>>>;

/// Who is waited for while a request is being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upload {
    /// The guest, which has more to say.
    Guest,
    /// The server, which has to take what there is.
    Server,
}

/// The body of a request, from the guest. While it is there, the other end of
/// `upload` hears how it goes; when it has been sent, that end hears that it is gone.
pub(super) struct Outgoing {
    body: WasiBody,
    session: Arc<Session>,
    target: Target,
    upload: watch::Sender<Upload>,
}

impl Outgoing {
    pub(super) fn new(
        body: WasiBody,
        session: &Arc<Session>,
        target: &Target,
    ) -> (Self, watch::Receiver<Upload>) {
        let (upload, heard) = watch::channel(Upload::Server);
        (Self { body, session: session.clone(), target: target.clone(), upload }, heard)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Pending => {
                let changes =
                    |upload: &mut Upload| std::mem::replace(upload, Upload::Guest) != Upload::Guest;
                self.upload.send_if_modified(changes);
            }
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                if !self.session.sent.take(length) {
                    return Poll::Ready(Some(Err(self.session.sent_too_much(&self.target))));
                }
                // Each time: the time that the server has for it begins anew.
                self.upload.send_replace(Upload::Server);
            }
            Poll::Ready(_) => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response, to the guest.
pub(super) struct Incoming {
    /// None after its end.
    body: Option<hyper::body::Incoming>,
    session: Arc<Session>,
    target: Target,
    patience: Duration,
    /// Runs while the guest waits for the server.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Incoming {
    /// # Errors
    /// Where the body says beforehand that it is too long.
    pub(super) fn new(
        body: hyper::body::Incoming,
        session: &Arc<Session>,
        target: &Target,
        patience: Duration,
    ) -> Result<Self, Error> {
        if !session.received.has(body.size_hint().lower()) {
            return Err(session.received_too_much(target));
        }
        let (session, target) = (session.clone(), target.clone());
        Ok(Self { body: Some(body), session, target, patience, waiting: None })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Polled {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        match Pin::new(body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                self.waiting = None;
                let length = frame.data_ref().map_or(0, Bytes::len);
                if !self.session.received.take(length) {
                    return Poll::Ready(Some(Err(self.session.received_too_much(&self.target))));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(reason))) => Poll::Ready(Some(Err(broken(&reason)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let patience = self.patience;
                let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
                match waiting.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Some(Err(Error::ConnectionReadTimeout))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        let polled = self.poll(context);
        // With nobody to read it, the connection closes.
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Session {
    /// Says that the attempt's requests are too long.
    pub(super) fn sent_too_much(&self, target: &Target) -> Error {
        let most = self.sent.whole();
        self.notes.warn(format_args!(
            "stopped a request to {target}: the bodies of an attempt's requests have at most {most} bytes together"
        ));
        Error::HttpRequestBodySize(Some(most))
    }

    /// Says that the attempt's responses are too long.
    fn received_too_much(&self, target: &Target) -> Error {
        let most = self.received.whole();
        self.notes.warn(format_args!(
            "stopped a response from {target}: the bodies of an attempt's responses have at most {most} bytes together"
        ));
        Error::HttpResponseBodySize(Some(most))
    }
}
