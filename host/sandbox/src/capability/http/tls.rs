//! TLS with the certificates that the host trusts.

use std::{io, sync::Arc};

use horarium_core::net::{Host, Target};
use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    crypto::ring,
    pki_types::{InvalidDnsNameError, ServerName},
};
use rustls_native_certs::load_native_certs;
use tokio::{sync::OnceCell, task::spawn_blocking};
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::Error;

use super::{notes::Notes, web::Stream};

/// Begins TLS on connections.
pub(super) struct Tls {
    /// Read when it is first needed: it is some hundred files, or a big one.
    config: OnceCell<Arc<ClientConfig>>,
}

/// Why there is no TLS on this host.
#[derive(Debug, thiserror::Error)]
enum NoTls {
    #[error(
        "this host has no root certificates{}; install its package of CA certificates, or set SSL_CERT_FILE",
        .0.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"))
    )]
    Roots(Option<rustls_native_certs::Error>),
    #[error("TLS can't be set up: {0}")]
    Setup(#[from] rustls::Error),
    #[error("the root certificates can't be read: {0}")]
    Read(#[from] tokio::task::JoinError),
}

impl Tls {
    /// Trusts what the operating system trusts, or what `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name.
    pub(super) fn of_the_host() -> Self {
        Self { config: OnceCell::new() }
    }

    /// Trusts these.
    #[cfg(test)]
    pub(super) fn trusting(roots: RootCertStore) -> Self {
        Self { config: OnceCell::new_with(config(roots).ok().map(Arc::new)) }
    }

    /// Makes sure that the target's own server is at the other end, and that nobody
    /// else listens.
    pub(super) async fn handshake(
        &self,
        stream: Box<dyn Stream>,
        target: &Target,
        notes: &Notes,
    ) -> Result<Box<dyn Stream>, Error> {
        let config = self.config.get_or_try_init(load).await.map_err(|reason| {
            notes.warn(format_args!("can't connect to {}: {reason}", target.host()));
            Error::ConfigurationError
        })?;
        let name = server_name(target.host()).map_err(|_| Error::DestinationNotFound)?;
        match TlsConnector::from(config.clone()).connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(reason) => {
                notes.warn(format_args!("no TLS with {}: {reason}", target.host()));
                Err(failed(&reason))
            }
        }
    }
}

async fn load() -> Result<Arc<ClientConfig>, NoTls> {
    let found = spawn_blocking(load_native_certs).await?;
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        return Err(NoTls::Roots(found.errors.into_iter().next()));
    }
    Ok(Arc::new(config(roots)?))
}

fn config(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A ticket would let a server see that two tasks are of one host.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn server_name(host: &Host) -> Result<ServerName<'static>, InvalidDnsNameError> {
    match host {
        Host::Name(name) => ServerName::try_from(name.clone()),
        Host::Net(net) => Ok(net.addr().into()),
    }
}

fn failed(reason: &io::Error) -> Error {
    let inner = reason.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Error::TlsCertificateError
        }
        Some(rustls::Error::AlertReceived(alert)) => Error::TlsAlertReceived {
            alert_id: Some((*alert).into()),
            alert_message: Some(format!("{alert:?}")),
        },
        Some(_) => Error::TlsProtocolError,
        None => Error::ConnectionTerminated,
    }
}
