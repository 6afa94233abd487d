//! From a target to a connection with one of its checked addresses.

use std::{io, net::SocketAddr};

use horarium_core::net::{Host, Scheme, is_public, plain};
use wasmtime_wasi_http::Error;

use super::{patience::within, send::Order, session::Session, web::Stream};

/// Addresses of a name that are tried.
const ADDRESSES: usize = 8;

/// Connects, and lets TLS begin where the scheme asks for it.
pub(super) async fn connect(session: &Session, order: &Order) -> Result<Box<dyn Stream>, Error> {
    let patience = &order.patience;
    let addresses = within(patience.resolve, Error::DnsTimeout, addresses(session, order)).await?;
    let stream = reach(session, order, &addresses).await?;
    match order.target.scheme() {
        Scheme::Http => Ok(stream),
        Scheme::Https => {
            let handshake = session.web.tls.handshake(stream, &order.target, &session.notes);
            within(patience.handshake, Error::ConnectionTimeout, handshake).await
        }
    }
}

/// The addresses that the grant allows, among those that the target's host has now.
async fn addresses(session: &Session, order: &Order) -> Result<Vec<SocketAddr>, Error> {
    let target = &order.target;
    let all = match target.host() {
        Host::Net(net) => vec![net.addr()],
        Host::Name(name) => session.lookups.resolve(name).await.map_err(|reason| {
            Error::DnsError { rcode: Some(reason.to_string()), info_code: None }
        })?,
    };
    let all: Vec<_> = all.into_iter().map(|ip| SocketAddr::new(plain(ip), target.port())).collect();
    let allowed = all.iter().copied().filter(|address| order.grant.reaches(*address));
    let allowed: Vec<_> = allowed.take(ADDRESSES).collect();
    if !allowed.is_empty() {
        return Ok(allowed);
    }
    let Some(first) = all.first() else {
        return Err(Error::DestinationNotFound);
    };
    let (ip, host) = (first.ip(), target.host());
    let reason = if is_public(ip) {
        // `localhost` that is somewhere else.
        "where it can't be".to_owned()
    } else {
        format!("which is not public; `within = [\"{ip}\"]` in its grant would allow that")
    };
    session.notes.warn(format_args!("refused to connect to {host}: it is at {ip}, {reason}"));
    Err(Error::DestinationIpProhibited)
}

/// Connects to the first address that answers. Each gets its share of the time, so
/// that one that swallows everything does not take it from the others.
async fn reach(
    session: &Session,
    order: &Order,
    addresses: &[SocketAddr],
) -> Result<Box<dyn Stream>, Error> {
    let mut failure = Error::DestinationNotFound;
    let share = order.patience.connect / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    for address in addresses {
        let connecting = session.web.net.connect(*address);
        let connecting = async { connecting.await.map_err(|reason| failed(&reason)) };
        match within(share, Error::ConnectionTimeout, connecting).await {
            Ok(stream) => return Ok(stream),
            Err(reason) => failure = reason,
        }
    }
    Err(failure)
}

fn failed(reason: &io::Error) -> Error {
    match reason.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Error::DestinationIpUnroutable
        }
        _ => Error::DestinationUnavailable,
    }
}
