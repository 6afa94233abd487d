//! A plugin that sends HTTP requests as it is told, for the tests of the host. Its
//! functions return what came of it, so that a test can tell what the host let them
//! do.

#![forbid(unsafe_code)]

use std::{collections::BTreeMap, io::Read, time::Duration};

use horarium_sdk::{http, prelude::*};

/// A request.
#[args]
struct Order {
    url: String,
    #[serde(default = "Order::get")]
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    timeout_ms: Option<u64>,
    redirects: Option<u32>,
}

impl Order {
    fn get() -> String {
        "GET".to_owned()
    }

    fn request(self) -> http::Request {
        let mut request = http::request(self.method, self.url);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        if let Some(ms) = self.timeout_ms {
            request = request.timeout(Duration::from_millis(ms));
        }
        if let Some(redirects) = self.redirects {
            request = request.follow_redirects(redirects);
        }
        request
    }
}

/// What came of a request.
#[output]
#[serde(rename_all = "snake_case")]
enum Fetched {
    Answer {
        url: String,
        status: u16,
        headers: BTreeMap<String, String>,
        body: String,
    },
    /// The error, in its own words.
    Refused(String),
}

/// Sends a request, and returns the answer or the error.
#[task]
fn fetch(order: Order) -> Fetched {
    answer(order).unwrap_or_else(|error| Fetched::Refused(error.to_string()))
}

fn answer(order: Order) -> Result<Fetched, http::Error> {
    let response = order.request().send()?;
    Ok(Fetched::Answer {
        url: response.url().to_owned(),
        status: response.status(),
        headers: response.headers().map(|(name, value)| (name.into(), value.into())).collect(),
        body: String::from_utf8_lossy(&response.bytes()?).into_owned(),
    })
}

/// Sends a request, and fails as its error says.
#[task]
fn insist(order: Order) -> Result<String> {
    let response = order.request().send().context("ask")?;
    Ok(response.error_for_status()?.text()?)
}

/// Reads a body to its end, and returns how many bytes it had, and why no more.
#[task]
fn drain(order: Order) -> Result<(usize, String)> {
    let mut body = order.request().send()?.into_reader();
    let mut buffer = [0; 4096];
    let mut length = 0;
    loop {
        match body.read(&mut buffer) {
            Ok(0) => return Ok((length, "it was over".to_owned())),
            Ok(bytes) => length += bytes,
            Err(reason) => return Ok((length, reason.to_string())),
        }
    }
}

/// Something huge.
#[args]
struct Load {
    url: String,
    bytes: usize,
}

/// Sends as many bytes as it is told.
#[task]
fn flood(load: Load) -> Result<u16> {
    Ok(http::post(load.url).body(vec![b'x'; load.bytes]).send()?.status())
}

/// The same again and again.
#[args]
struct Crowd {
    url: String,
    requests: usize,
    /// Whether each response is kept.
    keep: bool,
}

/// Sends many requests without reading a body, and returns how many were answered,
/// and why no more.
#[task]
fn crowd(crowd: Crowd) -> (usize, String) {
    let mut kept = Vec::new();
    for n in 0..crowd.requests {
        match http::get(&crowd.url).send() {
            Ok(response) if crowd.keep => kept.push(response),
            Ok(_) => {}
            Err(error) => return (n, error.to_string()),
        }
    }
    (crowd.requests, "enough".to_owned())
}
