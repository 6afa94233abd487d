//! Asking a host over its socket, as any program may.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use serde_json::Value;

use crate::DEADLINE;

/// What a host answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The head, in lower case.
    pub head: String,
    /// The body, as JSON; as a text where it is none.
    pub body: Value,
}

impl Answer {
    /// The body of an answer that is one.
    ///
    /// # Panics
    /// Where it is a problem.
    #[must_use]
    pub fn good(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// What a problem says; the answer has to be one with this status.
    ///
    /// # Panics
    /// Where it is another answer.
    #[must_use]
    pub fn problem(self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.head.contains("content-type: application/problem+json"), "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        self.body["detail"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends a request and reads the answer.
///
/// # Panics
/// Where there is no host, or it answers no JSON.
#[must_use]
pub fn ask(data_dir: &Path, method: &str, path: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: host\r\nConnection: close\r\n");
    let head = format!("{head}Content-Type: application/json\r\nContent-Length: {length}");
    read(&send(data_dir, &format!("{head}\r\n\r\n{body}")))
}

/// What was answered.
pub(crate) fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let is_json = format!("{head}\r\n").to_ascii_lowercase().contains("json\r\n");
    let body = match is_json {
        true => serde_json::from_str(body).unwrap_or_else(|reason| panic!("{reason}: {text}")),
        false => Value::from(body),
    };
    Answer {
        status: status.unwrap_or_else(|| panic!("no status: {text}")),
        head: head.to_ascii_lowercase(),
        body,
    }
}

fn send(data_dir: &Path, request: &str) -> String {
    let talk = || {
        let mut stream = UnixStream::connect(data_dir.join("host.sock"))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    talk().unwrap_or_else(|reason| panic!("the host does not answer: {reason}"))
}
