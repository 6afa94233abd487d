//! A host that shows a certificate.

use std::{
    io::{self, Write},
    net::TcpStream,
    sync::Arc,
};

use e2e::{Ran, Serving, Web, Workspace, web::rest};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

const TASKS: &str = r#"
    [task.quick]
    plugin = "noop"
    schedule = { manual = true }
"#;

/// A certificate for `localhost` that has signed itself, and its key; as PEM.
fn certificate() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// Asks over TLS, trusting this certificate and no other one.
fn ask(web: Web, root: &str, request: &str) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap()).unwrap();
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream: StreamOwned<_, TcpStream> = StreamOwned::new(connection, web.connect());
    stream.write_all(request.as_bytes())?;
    Ok(rest(&mut stream))
}

fn workspace(listen: &str) -> (Workspace, String) {
    let workspace = Workspace::new(&format!(
        "[web]\nlisten = \"{listen}\"\ntimeout = \"5s\"\n\
         tls = {{ cert = \"cert.pem\", key = \"key.pem\" }}\n{TASKS}"
    ));
    let (cert, key) = certificate();
    workspace.write("cert.pem", &cert);
    workspace.write("key.pem", key);
    (workspace, cert)
}

fn host(listen: &str) -> (Workspace, Serving, Web, String) {
    let (workspace, cert) = workspace(listen);
    let mut host = workspace.serve(&[]);
    let web = Web::of(&mut host);
    (workspace, host, web, cert)
}

#[test]
fn nobody_reads_along() {
    // All addresses: what is not loopback may be listened at with TLS.
    let (workspace, host, web, cert) = host("0.0.0.0:0");
    let local = Web { address: format!("127.0.0.1:{}", web.address.port()).parse().unwrap() };
    let token = workspace.token("read", &[]);
    let bearer = format!("Bearer {token}");
    let request = local.request("GET", "/api/v1/host", &[("Authorization", &bearer)], "");
    let answer = ask(local, &cert, &request).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let evil = local.request("GET", "/api/v1/host", &[("Host", "evil.example")], "");
    assert!(ask(local, &cert, &evil).unwrap().starts_with("HTTP/1.1 421"));

    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let request = local.request("POST", "/login", &form, &format!("token={token}"));
    let answer = ask(local, &cert, &request).unwrap();
    let cookie = answer.lines().find(|line| line.starts_with("set-cookie:")).unwrap();
    assert!(cookie.starts_with("set-cookie: __Host-horarium="), "{cookie}");
    assert!(cookie.contains("; Secure"), "{cookie}");

    // The verbs ask over TLS by names that they trust, and by no others.
    let elsewhere = Workspace::bare();
    elsewhere.write("cert.pem", &cert);
    elsewhere.write("other.pem", certificate().0);
    let url = format!("https://localhost:{}", local.address.port());
    let env = [("HORARIUM_TOKEN", token.as_str()), ("HORARIUM_CA", "cert.pem")];
    let status = ["status", "--host", &url];
    assert!(elsewhere.run_with(&status, &env).succeeded().stdout.contains("1 task"));
    let env = [("HORARIUM_TOKEN", token.as_str()), ("HORARIUM_CA", "other.pem")];
    let _ = elsewhere.run_with(&status, &env).failed().says(&["can't trust", "--ca FILE"]);

    // By the other scheme they say which one it is.
    let plain = url.replace("https:", "http:");
    let ran = elsewhere.run(&["status", "--host", &plain]).failed();
    let _ = ran.says(&["hung up, or answers as no host does", &format!("ask it by `{url}`")]);

    // Whoever does not speak TLS hears nothing of it.
    assert!(!local.send(&request).contains("HTTP/1.1"));
    assert!(ask(local, &certificate().0, &request).is_err(), "it is another certificate");
    let _ = host.stop().succeeded();
}

#[test]
fn an_authority_s_certificate_is_no_server_s_own() {
    let (workspace, _) = workspace("127.0.0.1:0");
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    workspace.write("cert.pem", params.self_signed(&key).unwrap().pem());
    workspace.write("key.pem", key.serialize_pem());
    let mut host = workspace.serve(&[]);
    let web = Web::of(&mut host);
    let url = format!("https://localhost:{}", web.address.port());
    let status = ["status", "--host", &url, "--ca", "cert.pem"];
    let _ = workspace.run(&status).failed().says(&["authority's", "basicConstraints = CA:FALSE"]);
    let _ = host.stop().succeeded();
}

#[test]
fn a_certificate_is_renewed_while_it_is_used() {
    let (workspace, mut host, web, old) = host("127.0.0.1:0");
    let request = web.request("GET", "/healthz", &[], "");
    let says_200 = |root: &str| ask(web, root, &request).is_ok_and(|text| text.contains(" 200 "));
    assert!(says_200(&old));
    workspace.replace("cert.pem", "-----BEGIN CERTIFICATE-----\nhalf");
    let told = host.event("certificate_kept");
    assert!(told["text"].as_str().unwrap().contains("cert.pem"), "{told}");
    assert!(says_200(&old));
    let (cert, key) = certificate();
    workspace.replace("key.pem", &key);
    workspace.replace("cert.pem", &cert);
    host.event("certificate_renewed");
    assert!(says_200(&cert) && !says_200(&old));
    let _ = host.stop().succeeded();
}

fn checked(workspace: &Workspace) -> Ran {
    workspace.run(&["check"]).failed()
}

#[test]
fn a_certificate_that_can_t_be_shown_is_a_mistake() {
    let (workspace, _) = workspace("127.0.0.1:0");
    workspace.write("key.pem", certificate().1);
    let _ = checked(&workspace).says(&["web.tls.cert", "can't be used with its key"]);
    workspace.write("key.pem", "no key");
    let _ = checked(&workspace).says(&["web.tls.key", "it has none as PEM"]);
    std::fs::remove_file(workspace.path("cert.pem")).unwrap();
    let _ = checked(&workspace).says(&["web.tls.cert", "can't read the certificate"]);
    // Guests may not read the key.
    let (cert, key) = certificate();
    workspace.write("gate/cert.pem", cert);
    workspace.write("gate/key.pem", key);
    workspace.configure(
        "[web]\nlisten = \"127.0.0.1:0\"\ntls = { cert = \"gate/cert.pem\", key = \"gate/key.pem\" }\n\
         [task.quick]\nplugin = \"noop\"\nschedule = { manual = true }\n\
         grants.dirs = [{ host = \"gate\", guest = \"/gate\" }]",
    );
    let _ = checked(&workspace).says(&["web.tls.key", "which is granted to guests"]);
}
