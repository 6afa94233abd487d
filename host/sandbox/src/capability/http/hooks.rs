//! What wasmtime asks about a guest's requests.

use std::{future::ready, sync::Arc};

use horarium_core::net::http::{HttpGrant, HttpLimits, is_reserved_header};
use http::{HeaderName, Request, Response};
use wasmtime_wasi_http::{
    Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
    p2::bindings::http::types,
};

use super::{
    admission::admit,
    notes::Notes,
    patience::Patience,
    send::{Order, send},
    session::Session,
    telling::Telling,
    web::Web,
};
use crate::{capability::lookups::Lookups, state::SharedCapture};

/// Bytes of a request's body that are taken from the guest at once.
const CHUNK: usize = 64 << 10;

/// A connection's work, which goes on while its response is read.
pub(super) type Worker = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// What becomes of a request.
pub(super) type Answer = Result<(Response<WasiBody>, Worker), Error>;

/// The host's say in the requests of one attempt.
pub(super) struct Hooks {
    grants: Vec<HttpGrant>,
    limits: HttpLimits,
    lookups: Lookups,
    capture: SharedCapture,
    /// There since the first request.
    pub(super) session: Option<Arc<Session>>,
    /// Requests that were asked for.
    asked: u64,
}

impl Hooks {
    pub(super) fn new(
        grants: &[HttpGrant],
        limits: HttpLimits,
        lookups: &Lookups,
        capture: &SharedCapture,
    ) -> Self {
        let (grants, lookups, capture) = (grants.to_vec(), lookups.clone(), capture.clone());
        Self { grants, limits, lookups, capture, session: None, asked: 0 }
    }

    /// Begins another attempt. What goes on from the one before stays within what
    /// that one was allowed.
    pub(super) fn renew(&mut self) {
        let session = self.session.take();
        let renewed = |session: Arc<Session>| session.renewed(Notes::new(&self.capture));
        self.session = session.map(renewed).map(Arc::new);
        self.asked = 0;
    }

    fn session(&mut self) -> &Arc<Session> {
        self.session.get_or_insert_with(|| {
            let (web, lookups) = (Web::of_the_host(), self.lookups.clone());
            Arc::new(Session::new(web, lookups, self.limits, Notes::new(&self.capture)))
        })
    }

    fn order(
        &mut self,
        request: &Request<WasiBody>,
        options: &RequestOptions,
    ) -> Result<(Arc<Session>, Order), Error> {
        let session = self.session().clone();
        if self.asked >= self.limits.requests {
            let most = self.limits.requests;
            session.notes.warn(format_args!("refused a request: an attempt has at most {most}"));
            return Err(Error::HttpRequestDenied);
        }
        self.asked += 1;
        let (grant, target) = admit(&self.grants, request, &session.notes)?;
        let grant = grant.clone();
        let patience = Patience::new(&self.limits, options);
        Ok((session, Order { grant, target, patience }))
    }
}

impl WasiHttpHooks for Hooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        is_reserved_header(name.as_str())
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name| is_reserved_header(name.as_str()))
    }

    /// It follows from the target that was checked.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _response_processed: Worker,
    ) -> Box<dyn Future<Output = Answer> + Send> {
        let telling = Telling::begin(&self.capture, &request);
        match self.order(&request, &options.unwrap_or_default()) {
            Ok((session, order)) => Box::new(async {
                let answer = send(session, order, request).await;
                telling.end(&answer);
                answer
            }),
            Err(reason) => {
                let answer = Err(reason);
                telling.end(&answer);
                Box::new(ready(answer))
            }
        }
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        1
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK
    }

    // None of these is ever raised by what is here. The defaults would write to the
    // host's own log.

    fn p2_error_from_hyper(&mut self, _: &hyper::Error) -> types::ErrorCode {
        types::ErrorCode::HttpProtocolError
    }

    fn p2_error_from_connect(&mut self, _: &std::io::Error) -> types::ErrorCode {
        types::ErrorCode::ConnectionRefused
    }

    fn p2_error_from_tls(&mut self, _: &std::io::Error) -> types::ErrorCode {
        types::ErrorCode::TlsProtocolError
    }
}
