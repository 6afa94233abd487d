//! The certificate that the host shows, and how it is renewed.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use anyhow::{Context, Result};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{
    task::{AbortHandle, spawn_blocking},
    time::{MissedTickBehavior, interval},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    access::{Notice, Notices},
    config::web::TlsFiles,
    stamp::Stamp,
};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The longest file, in bytes.
const LONGEST: u64 = 1 << 20;

/// Why a certificate can't be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("can't read the certificate {}: {reason}", file.display())]
    Certificate { file: PathBuf, reason: Reason },
    #[error("can't read the private key {}: {reason}", file.display())]
    Key { file: PathBuf, reason: Reason },
    /// They do not belong together, or are of a kind that is not known.
    #[error("the certificate {} can't be used with its key: {reason}", file.display())]
    Pair { file: PathBuf, reason: rustls::Error },
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it has none as PEM")]
    Missing,
    #[error("it is not PEM")]
    Malformed,
    #[error("it is not a regular file of at most {LONGEST} bytes")]
    NoFile,
}

impl From<pem::Error> for Reason {
    fn from(error: pem::Error) -> Self {
        match error {
            pem::Error::Io(reason) => Self::Io(reason),
            pem::Error::NoItemsFound => Self::Missing,
            // It may quote what it read, which may be a key.
            _ => Self::Malformed,
        }
    }
}

impl Unfit {
    /// Whether it is the key that can't be read.
    pub(crate) const fn is_of_the_key(&self) -> bool {
        matches!(self, Self::Key { .. })
    }
}

/// Reads a certificate and its key.
///
/// # Errors
/// Where they can't be read, or do not fit.
pub(crate) fn read(files: &TlsFiles) -> Result<CertifiedKey, Unfit> {
    let TlsFiles { cert, key } = files;
    let certificates = || {
        plain(cert)?;
        let all = CertificateDer::pem_file_iter(cert)?;
        let all = all.collect::<Result<Vec<_>, _>>()?;
        if all.is_empty() { Err(Reason::Missing) } else { Ok(all) }
    };
    let certificates =
        certificates().map_err(|reason| Unfit::Certificate { file: cert.clone(), reason })?;
    let private = plain(key).and_then(|()| Ok(PrivateKeyDer::from_pem_file(key)?));
    let private = private.map_err(|reason| Unfit::Key { file: key.clone(), reason })?;
    CertifiedKey::from_der(certificates, private, &provider())
        .map_err(|reason| Unfit::Pair { file: cert.clone(), reason })
}

/// Nothing that has no end, or that somebody has to write to first.
fn plain(file: &Path) -> Result<(), Reason> {
    let found = std::fs::metadata(file)?;
    let fits = found.is_file() && found.len() <= LONGEST;
    if fits { Ok(()) } else { Err(Reason::NoFile) }
}

fn provider() -> CryptoProvider {
    ring::default_provider()
}

/// A certificate that is read anew when its files change, as long as it is in use.
pub(super) struct Following {
    config: Arc<ServerConfig>,
    looks: AbortHandle,
}

/// What is shown to clients.
struct Shown(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Following {
    /// Reads it, and follows it from then on.
    ///
    /// # Errors
    /// Where it can't be shown.
    pub(super) fn start(files: TlsFiles, notices: Notices) -> Result<Arc<Self>> {
        // Looked at before it is read: what changes in between is another version.
        let stamps = stamps(&files);
        let certificate = read(&files)?;
        let shown = Arc::new(Shown(RwLock::new(Arc::new(certificate))));
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .context("can't speak TLS")?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let looks = tokio::spawn(follow(files, stamps, shown, notices)).abort_handle();
        Ok(Arc::new(Self { config: Arc::new(config), looks }))
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.config.clone().into()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.looks.abort();
    }
}

type Stamps = [Option<Stamp>; 2];

fn stamps(files: &TlsFiles) -> Stamps {
    [Stamp::of(&files.cert), Stamp::of(&files.key)]
}

/// Both files are replaced one after the other, so they are read once they rest.
async fn follow(files: TlsFiles, mut read_at: Stamps, shown: Arc<Shown>, notices: Notices) {
    let mut seen = read_at;
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let now = stamps(&files);
        let rests = now == std::mem::replace(&mut seen, now);
        if !rests || now == read_at {
            continue;
        }
        read_at = now;
        let files = files.clone();
        match spawn_blocking(move || read(&files)).await {
            Ok(Ok(certificate)) => {
                *shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certificate);
                notices(&Notice::CertificateRenewed);
            }
            Ok(Err(reason)) => notices(&Notice::CertificateKept(reason.to_string())),
            // The host ends.
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair};
    use tempfile::tempdir;

    use super::*;

    fn pair() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn a_certificate_is_shown_with_its_own_key() {
        let dir = tempdir().unwrap();
        let files = TlsFiles::in_dir(dir.path(), "cert.pem", "key.pem");
        let said = || read(&files).map(drop).map_err(|unfit| unfit.to_string());
        let says = |text: &str| assert!(said().unwrap_err().contains(text), "{:?}", said());
        says("can't read the certificate");
        let (cert, key) = pair();
        fs::write(&files.cert, &cert).unwrap();
        says("can't read the private key");
        fs::write(&files.key, &key).unwrap();
        assert_eq!(said(), Ok(()));
        fs::write(&files.key, pair().1).unwrap();
        says("can't be used with its key");
        fs::write(&files.key, &cert).unwrap();
        says("it has none as PEM");
        fs::write(&files.key, &key).unwrap();
        fs::write(&files.cert, "-----BEGIN CERTIFICATE-----\n!\n").unwrap();
        says("can't read the certificate");
        fs::remove_file(&files.cert).unwrap();
        fs::create_dir(&files.cert).unwrap();
        says("not a regular file");
    }
}
