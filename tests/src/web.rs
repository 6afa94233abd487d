//! Asking a host over a network, as any program may.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::{
    DEADLINE, Serving,
    asking::{Answer, answer},
};

/// A host's address.
#[derive(Debug, Clone, Copy)]
pub struct Web {
    /// Where it listens.
    pub address: SocketAddr,
}

impl Web {
    /// That of a host which is about to say where it listens.
    #[must_use]
    pub fn of(host: &mut Serving) -> Self {
        let address = host.event("listening")["address"].clone();
        let address = address.as_str().and_then(|text| text.parse().ok());
        Self { address: address.expect("an address") }
    }

    /// Asks with these headers beside the usual ones.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        answer(&self.send(&self.request(method, path, headers, body)))
    }

    /// Asks with a token.
    #[must_use]
    pub fn ask_as(&self, token: &str, method: &str, path: &str) -> Answer {
        self.ask(method, path, &[("Authorization", &format!("Bearer {token}"))], "")
    }

    /// The bytes of a request. A header of the caller's goes in place of a usual one.
    #[must_use]
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        let (host, length) = (self.address.to_string(), body.len().to_string());
        let usual = [
            ("Host", host.as_str()),
            ("Connection", "close"),
            ("Content-Type", "application/json"),
            ("Content-Length", &length),
        ];
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        let kept = usual.iter().filter(|(name, _)| headers.iter().all(|(own, _)| own != name));
        // One without a value is left out.
        for (name, value) in kept.chain(headers).filter(|(_, value)| !value.is_empty()) {
            request += &format!("{name}: {value}\r\n");
        }
        request + "\r\n" + body
    }

    /// Sends these bytes, and returns all that comes until the host hangs up.
    ///
    /// # Panics
    /// Where it does not listen, or does not hang up.
    #[must_use]
    pub fn send(&self, bytes: &str) -> String {
        let mut stream = self.connect();
        // A host that has heard enough takes no more.
        let _ = stream.write_all(bytes.as_bytes());
        rest(&mut stream)
    }

    /// A connection.
    ///
    /// # Panics
    /// Where it does not listen.
    #[must_use]
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the host listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time limit is no trouble");
        stream
    }
}

/// All that comes until the other end hangs up.
///
/// # Panics
/// Where it does not.
pub fn rest(stream: &mut impl Read) -> String {
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        Err(reason) if reason.kind() == io::ErrorKind::WouldBlock => panic!("nobody hangs up"),
        // It hung up on what it did not read.
        Ok(_) | Err(_) => String::from_utf8_lossy(&text).into_owned(),
    }
}
