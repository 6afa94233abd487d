//! Requests, with a grant for a server that means harm as well.

use std::{io::Read, time::Duration};

use horarium_sdk::{http, prelude::*};

use crate::refused;

/// Bytes of responses that an attempt may receive.
const RECEIVED: usize = 64 << 20;

/// Connections that an attempt may have at once, and requests at all.
const CONNECTIONS: usize = 8;
const REQUESTS: usize = 1_000;

/// A server that was granted.
#[args]
struct Server {
    url: String,
}

/// Reads a body that has no end.
#[task]
fn endless(Server { url }: Server) -> Result<()> {
    let (length, end) = drained(&url)?;
    assert!(end.is_err(), "the body has ended");
    assert!(length <= RECEIVED, "the host let through: {length} bytes");
    assert!(length > RECEIVED / 2, "the host let through only {length} bytes");
    Ok(())
}

/// Reads a body that comes a byte at a time.
#[task]
fn drip(Server { url }: Server) -> Result<()> {
    drained(&url).map(drop)
}

fn drained(url: &str) -> Result<(usize, std::io::Result<usize>)> {
    let mut body = http::get(url).send()?.into_reader();
    let mut buffer = vec![0; 64 << 10];
    let mut length = 0;
    loop {
        match body.read(&mut buffer) {
            Ok(bytes @ 1..) => length += bytes,
            end => return Ok((length, end)),
        }
    }
}

/// Asks a server that does not keep to the rules.
#[task]
fn unruly_server(Server { url }: Server) {
    refused(&url, drained(&url).and_then(|(_, end)| Ok(end?)));
}

/// A server, and somebody beside it who was not granted.
#[args]
struct Servers {
    url: String,
    beside: String,
}

/// Goes where the server sends it, and round in circles.
#[task]
fn redirected(Servers { url, beside }: Servers) {
    let followed = |to: &str| http::get(format!("{url}/to?{to}")).follow_redirects(5).send();
    for to in [
        beside.as_str(),
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "https://public.example.com/",
        "file:///etc/passwd",
        "//10.0.0.1/",
        "/to?/to?/to?/to?/to?/to?/public",
    ] {
        refused(to, followed(to));
    }
    let there = followed("/public").and_then(http::Response::error_for_status);
    assert!(there.is_ok(), "{there:?}");
}

/// Looks for words that lead to what lies beside the granted path.
#[task]
fn beside_the_path(Servers { url, beside }: Servers) {
    let (_, host) = url.split_once("://").unwrap_or_default();
    let (_, other) = beside.split_once("://").unwrap_or_default();
    for url in [
        format!("{url}/secret"),
        format!("{url}/publicity"),
        format!("{url}/public/../secret"),
        format!("{url}/public/%2e%2e/secret"),
        format!("{url}/public/.%2E/secret"),
        format!("{url}/public/..%2fsecret"),
        format!("{url}/public%2f..%2fsecret"),
        format!("{url}/public/..\\secret"),
        format!("{url}/public/..;/secret"),
        format!("{url}//secret"),
        format!("{url}/PUBLIC/../secret"),
        format!("{url}/public\r\nX: y"),
        format!("{url}/public HTTP/1.1\r\n\r\nGET /secret"),
        format!("http://{host}@{other}/public"),
        format!("http://{other}#@{host}/public"),
        format!("http://{other}\\@{host}/public"),
        format!("https://{host}/public"),
    ] {
        denied(&url, http::get(&url));
    }
    let public = format!("{url}/public");
    denied("another method", http::delete(&public));
    denied("a method that is two", http::request("GET /secret HTTP/1.1\r\n\r\nGET", &public));
    for (name, value) in [
        ("Host", other),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "1"),
        ("Connection", "upgrade"),
        ("X", "y\r\n\r\nGET /secret HTTP/1.1"),
        ("X\r\nY", "z"),
    ] {
        denied(name, http::get(&public).header(name, value));
    }
    let there = http::get(&public).send().and_then(http::Response::text);
    assert_eq!(there.as_deref().unwrap_or_default(), "public");
}

/// Connects to this machine by all of its names, with a grant for another place.
#[task]
fn beside_the_host(Servers { beside, .. }: Servers) {
    let (_, host) = beside.split_once("://").unwrap_or_default();
    let (_, port) = host.rsplit_once(':').unwrap_or_default();
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "granted.example.com.localhost",
        "0.0.0.0",
        "0",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "granted.example.com@127.0.0.1",
    ] {
        let url = format!("http://{host}:{port}/");
        denied(&url, http::get(&url));
    }
}

/// A request that may be answered, but not with what is secret.
fn denied(what: &str, request: http::Request) {
    let answer = request.timeout(Duration::from_secs(5)).send().and_then(http::Response::text);
    if let Ok(text) = answer {
        assert_eq!(text, "public", "the host let through: {what}");
    }
}

/// Sends more than it may.
#[task]
fn upload(Server { url }: Server) {
    refused("32 MiB", http::post(url).body(vec![b'x'; 32 << 20]).send());
}

/// Asks more often than it may.
#[task]
fn crowd(Server { url }: Server) {
    let answered = (0..=REQUESTS).take_while(|_| http::get(&url).send().is_ok()).count();
    assert_eq!(answered, REQUESTS);
}

/// Holds more connections than it may.
#[task]
fn hold(Server { url }: Server) {
    let ask = |_| http::get(&url).timeout(Duration::from_millis(200)).send().ok();
    let held: Vec<_> = (0..=CONNECTIONS).map_while(ask).collect();
    assert_eq!(held.len(), CONNECTIONS);
}
