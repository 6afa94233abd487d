//! A connection on which nobody reads along.

use std::{io, path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use rustls_native_certs::load_native_certs;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Host;

/// Whose word counts about who somebody is.
pub(crate) struct Trust(TlsConnector);

impl Trust {
    /// Those whose certificates are in a file, or else those that the system trusts. Reads
    /// files.
    ///
    /// # Errors
    /// Where they can't be read.
    pub(crate) fn new(roots: Option<&Path>) -> Result<Self> {
        let roots = match roots {
            Some(file) => roots_in(file)?,
            None => of_system()?,
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Makes sure that the other end is who it should be.
    ///
    /// # Errors
    /// Where it is not, or hangs up.
    pub(crate) async fn shake_hands<S: AsRef<str>>(
        &self,
        stream: TcpStream,
        host: &Host<S>,
    ) -> Result<TlsStream<TcpStream>> {
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.as_ref().to_owned())?,
            Host::Ipv4(address) => ServerName::IpAddress((*address).into()),
            Host::Ipv6(address) => ServerName::IpAddress((*address).into()),
        };
        self.0.connect(name, stream).await.map_err(in_words)
    }
}

/// What is wrong with the other end, for whoever has to mend it.
fn in_words(failure: io::Error) -> anyhow::Error {
    let cause = failure.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::InvalidCertificate(reason)) = cause else { return failure.into() };
    let wrong = match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name"
        }
        CertificateError::UnknownIssuer => "is signed by nobody who is trusted here",
        // Its type is that of a library behind this one.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "is an authority's, which signs those of others and is no server's own; have it sign \
             one that is not (`basicConstraints = CA:FALSE`)"
        }
        _ => return failure.into(),
    };
    anyhow!("its certificate {wrong}")
}

/// The certificates in a file.
pub(crate) fn roots_in(file: &Path) -> Result<RootCertStore> {
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
