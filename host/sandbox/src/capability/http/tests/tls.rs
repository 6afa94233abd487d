//! TLS, with certificates of our own making.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;

const URL: &str = "https://api.example.com/";

/// Somebody who signs certificates.
struct Authority {
    root: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::OrganizationName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self { root: params.self_signed(&key).unwrap(), issuer: Issuer::new(params, key) }
    }

    /// A server that says this, with a certificate for this name.
    fn server(
        &self,
        name: &str,
        change: fn(&mut CertificateParams),
    ) -> impl Fn(DuplexStream) -> Served + Send + Sync + use<> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        move |stream| {
            let acceptor = acceptor.clone();
            Box::pin(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut seen = Vec::new();
                while !seen.ends_with(b"\r\n\r\n") {
                    seen.push(stream.read_u8().await?);
                }
                stream.write_all(OK.as_bytes()).await?;
                stream.shutdown().await
            })
        }
    }
}

fn world(trusted: &Authority) -> World {
    let mut world = World::new().name("api.example.com", &[&["1.1.1.1"]]).grant(URL, &["GET"]);
    world.roots.add(trusted.root.der().clone()).unwrap();
    world
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_somebody_who_is_trusted_is_taken() {
    let authority = Authority::new("trusted");
    let server = authority.server("api.example.com", |_| {});
    let mut attempt = world(&authority).server("1.1.1.1:443", server).start();
    assert_eq!(attempt.get(URL).await.unwrap().body().await.unwrap(), "hi");
}

#[tokio::test(start_paused = true)]
async fn an_address_can_have_a_certificate_too() {
    let authority = Authority::new("trusted");
    let server = authority.server("127.0.0.1", |_| {});
    let world = world(&authority).server("127.0.0.1:443", server);
    let mut attempt = world.grant("https://127.0.0.1", &["GET"]).start();
    attempt.get("https://127.0.0.1/").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn any_other_certificate_is_refused_and_the_log_says_why() {
    let (authority, stranger) = (Authority::new("trusted"), Authority::new("stranger"));
    for (server, why) in [
        (stranger.server("api.example.com", |_| {}), "UnknownIssuer"),
        (authority.server("example.com", |_| {}), "not valid for name"),
        (
            authority.server("api.example.com", |params| {
                params.not_after = rcgen::date_time_ymd(1999, 12, 31);
            }),
            "expired",
        ),
    ] {
        let mut attempt = world(&authority).server("1.1.1.1:443", server).start();
        let reason = attempt.fail(URL).await;
        assert!(matches!(reason, Error::TlsCertificateError), "{reason}");
        assert!(attempt.lines()[0].contains(why), "{:?}", attempt.lines());
    }
}

#[tokio::test(start_paused = true)]
async fn what_speaks_no_tls_is_told() {
    let authority = Authority::new("trusted");
    let mut attempt = world(&authority).server("1.1.1.1:443", says(OK)).start();
    let hangs_up = |_: DuplexStream| async { Ok(()) };
    let mut other = world(&authority).server("1.1.1.1:443", hangs_up).start();
    // It waits for the end of a head that is no head.
    let reason = attempt.fail(URL).await;
    assert!(matches!(reason, Error::ConnectionTimeout), "{reason}");
    let reason = other.fail(URL).await;
    assert!(matches!(reason, Error::ConnectionTerminated), "{reason}");
}
