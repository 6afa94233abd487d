//! One request and its response over one connection.

use std::{
    error::Error as _,
    io::{self, ErrorKind},
    pin::pin,
    sync::Arc,
};

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{select, sync::watch, time::sleep};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};
use wasmtime_wasi_http::{Error, WasiBody};

use super::{
    body::{Incoming, Outgoing, Upload},
    heads::{Counted, TooMuch},
    patience::Patience,
    send::Order,
    session::Session,
    web::Stream,
};

/// The least that hyper takes for a buffer.
const LEAST_BUFFER: usize = 8 << 10;

/// Sends the request and waits for the header section of the response. The
/// connection goes on in a task, for as long as that is held.
pub(super) async fn exchange(
    session: &Arc<Session>,
    order: &Order,
    stream: Box<dyn Stream>,
    request: Request<WasiBody>,
) -> Result<(Response<WasiBody>, AbortOnDropJoinHandle<()>), Error> {
    let Order { target, patience, .. } = order;
    let (parts, body) = request.into_parts();
    let (body, upload) = Outgoing::new(body, session, target);
    let section = session.limits.headers_length().max(LEAST_BUFFER);
    let (stream, counting) = Counted::new(stream, section);
    // The buffer bounds what is held of the header section, too.
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(section)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|reason| broken(&reason))?;
    let connection = spawn(async move {
        // Whoever waits for the response is told the same.
        let _ = connection.await;
    });
    let answer = sender.send_request(Request::from_parts(parts, body));
    let answer = async {
        answer.await.map_err(|reason| {
            if reason.is_parse_too_large() || is_too_much(&reason) {
                let most = u32::try_from(session.limits.headers).unwrap_or(u32::MAX);
                return Error::HttpResponseHeaderSectionSize(Some(most));
            }
            // A body that was stopped breaks the exchange in one way or another.
            match session.sent.is_exceeded() {
                true => Error::HttpRequestBodySize(Some(session.sent.whole())),
                false => broken(&reason),
            }
        })
    };
    let response = patiently(answer, upload, patience).await?;
    counting.end();
    let (parts, body) = response.into_parts();
    let body = Incoming::new(body, session, order)?;
    Ok((Response::from_parts(parts, body.boxed_unsync()), connection))
}

/// Waits for an answer: without limit while the guest is still sending, for each
/// piece of the request to be taken, and then for the answer itself.
async fn patiently<T>(
    answer: impl Future<Output = Result<T, Error>>,
    mut upload: watch::Receiver<Upload>,
    patience: &Patience,
) -> Result<T, Error> {
    let mut answer = pin!(answer);
    let mut sending = true;
    loop {
        let now = *upload.borrow_and_update();
        let (limit, too_late) = match now {
            _ if !sending => (Some(patience.first_byte), Error::HttpResponseTimeout),
            Upload::Server => (Some(patience.between_bytes), Error::ConnectionWriteTimeout),
            Upload::Guest => (None, Error::ConnectionWriteTimeout),
        };
        let expiry = async {
            match limit {
                Some(limit) => sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        select! {
            biased;
            answer = &mut answer => return answer,
            change = upload.changed(), if sending => sending = change.is_ok(),
            () = expiry => return Err(too_late),
        }
    }
}

fn is_too_much(reason: &hyper::Error) -> bool {
    let io = reason.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    io.and_then(io::Error::get_ref)
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooMuch>)
}

/// What a broken exchange is to the guest.
pub(super) fn broken(reason: &hyper::Error) -> Error {
    let cause = reason.source();
    // The guest's own body, stopped by us.
    if let Some(Error::HttpRequestBodySize(most)) = cause.and_then(|cause| cause.downcast_ref()) {
        return Error::HttpRequestBodySize(*most);
    }
    let io = cause.and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    match io {
        Some(ErrorKind::UnexpectedEof) => Error::HttpResponseIncomplete,
        // Of chunks that are none.
        Some(ErrorKind::InvalidInput | ErrorKind::InvalidData) => Error::HttpProtocolError,
        _ if reason.is_parse() || reason.is_user() => Error::HttpProtocolError,
        _ if reason.is_incomplete_message() => Error::HttpResponseIncomplete,
        _ => Error::ConnectionTerminated,
    }
}
