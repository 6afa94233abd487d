//! A connection on which nobody reads along.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use rustls_native_certs::load_native_certs;
use tokio::{net::TcpStream, task::spawn_blocking};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Host;

/// Makes sure that the other end is who it should be: by these certificates, or else by
/// those that the system trusts.
pub(super) async fn shake_hands(
    stream: TcpStream,
    host: &Host<&str>,
    trusted: Option<&Path>,
) -> Result<TlsStream<TcpStream>> {
    let roots = match trusted {
        Some(file) => roots(file)?,
        None => spawn_blocking(of_system).await??,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = match host {
        Host::Domain(name) => ServerName::try_from((*name).to_owned())?,
        Host::Ipv4(address) => ServerName::IpAddress((*address).into()),
        Host::Ipv6(address) => ServerName::IpAddress((*address).into()),
    };
    let shaken = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    Ok(shaken?)
}

/// The certificates in a file.
pub(crate) fn roots(file: &Path) -> Result<RootCertStore> {
    let read = || {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(file)? {
            roots.add(certificate?)?;
        }
        Ok::<_, anyhow::Error>(roots)
    };
    let roots =
        read().with_context(|| format!("can't read the certificates {}", file.display()))?;
    if roots.is_empty() {
        bail!("{} has no certificates as PEM", file.display());
    }
    Ok(roots)
}

fn of_system() -> Result<RootCertStore> {
    let found = load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    match found.errors.into_iter().next() {
        Some(reason) if roots.is_empty() => {
            Err(anyhow!(reason).context("can't read the certificates that the system trusts"))
        }
        _ => Ok(roots),
    }
}
