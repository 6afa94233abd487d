//! The story of one request.

use std::sync::Arc;

use horarium_core::net::{Target, http::HttpGrant};
use http::{
    HeaderValue, Request, Uri, Version,
    header::{CONTENT_LENGTH, HOST},
    uri::PathAndQuery,
};
use wasmtime_wasi_http::{Error, WasiBody};

use super::{
    connect::connect,
    credential,
    exchange::exchange,
    hooks::{Answer, Worker},
    patience::{Patience, within},
    session::Session,
};

/// How a request that was admitted is to be sent.
pub(super) struct Order {
    pub(super) grant: HttpGrant,
    pub(super) target: Target,
    pub(super) patience: Patience,
}

/// Sends a request and waits for the beginning of its response.
pub(super) async fn send(
    session: Arc<Session>,
    order: Order,
    mut request: Request<WasiBody>,
) -> Answer {
    fits(&session, &order, &request)?;
    let wait = order.patience.connect;
    let slot = within(wait, Error::ConnectionLimitReached, session.slot()).await?;
    let stream = connect(&session, &order).await?;
    dress(&order, &mut request)?;
    let (mut response, connection) = exchange(&session, &order, stream, request).await?;
    if let Some(credential) = &order.grant.credential {
        credential::scrub(credential, response.headers_mut());
    }
    let worker: Worker = Box::new(async move {
        connection.await;
        drop(slot);
        Ok(())
    });
    Ok((response, worker))
}

/// Refuses a body that says beforehand that it is too long.
fn fits<B>(session: &Session, order: &Order, request: &Request<B>) -> Result<(), Error> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    match length {
        Some(length) if !session.sent.has(length) => Err(session.sent_too_much(&order.target)),
        _ => Ok(()),
    }
}

/// Makes what is sent out of what was checked.
fn dress<B>(order: &Order, request: &mut Request<B>) -> Result<(), Error> {
    let Order { grant, target, .. } = order;
    let credential = grant.credential.as_ref();
    let sent = credential.map_or_else(|| target.clone(), |credential| credential.added_to(target));
    let invalid = |_| Error::HttpRequestUriInvalid;
    let line = PathAndQuery::try_from(sent.path_and_query()).map_err(invalid)?;
    *request.uri_mut() = Uri::from(line);
    *request.version_mut() = Version::HTTP_11;
    let authority = HeaderValue::try_from(target.authority());
    let authority = authority.map_err(|_| Error::HttpRequestUriInvalid)?;
    request.headers_mut().insert(HOST, authority);
    if let Some(credential) = credential {
        credential::put(credential, request.headers_mut())?;
    }
    Ok(())
}
