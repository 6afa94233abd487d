//! Asking a host over its socket, as any program may.

use std::{
    io::{BufRead, BufReader, Read, Write},
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
/// Where there is no host.
#[must_use]
pub fn ask(data_dir: &Path, method: &str, path: &str, body: &str) -> Answer {
    ask_with(data_dir, method, path, &["Content-Type: application/json"], body.as_bytes())
}

/// Brings a file of this kind, and reads the answer.
///
/// # Panics
/// Where there is no host.
#[must_use]
pub fn put(data_dir: &Path, path: &str, kind: &str, file: &[u8]) -> Answer {
    ask_with(data_dir, "PUT", path, &[&format!("Content-Type: {kind}")], file)
}

/// Sends a form, as a browser does from a page of the host's own.
///
/// # Panics
/// Where there is no host.
#[must_use]
pub fn submit(data_dir: &Path, path: &str, form: &str) -> Answer {
    let head = ["Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded"];
    ask_with(data_dir, "POST", path, &head, form.as_bytes())
}

/// Sends a request with these lines in its head; how long its body is they say themselves,
/// or it is told.
///
/// # Panics
/// Where there is no host.
#[must_use]
pub fn ask_with(data_dir: &Path, method: &str, path: &str, head: &[&str], body: &[u8]) -> Answer {
    let length = format!("Content-Length: {}", body.len());
    let is_said = head.iter().any(|line| line.starts_with("Content-Length"));
    let first = format!("{method} {path} HTTP/1.1");
    let mut lines = vec![first.as_str(), "Host: host", "Connection: close"];
    lines.extend(head);
    lines.extend((!is_said).then_some(length.as_str()));
    let head = lines.join("\r\n") + "\r\n\r\n";
    answer(&send(data_dir, &[head.as_bytes(), body].concat()))
}

/// What was answered.
pub(crate) fn answer(text: &str) -> Answer {
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

fn send(data_dir: &Path, request: &[u8]) -> String {
    let talk = || {
        let mut stream = UnixStream::connect(data_dir.join("host.sock"))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        // A host that has heard enough takes no more.
        let _ = stream.write_all(request);
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    talk().unwrap_or_else(|reason| panic!("the host does not answer: {reason}"))
}

/// A server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// Where to go on after it.
    pub id: Option<String>,
    /// Its data, as JSON.
    pub data: Value,
}

/// A stream of server-sent events.
#[derive(Debug)]
pub struct Followed(BufReader<UnixStream>);

impl Iterator for Followed {
    type Item = Told;

    /// Waits for the next event; none where the stream has ended.
    ///
    /// # Panics
    /// Where none comes, or it is none.
    fn next(&mut self) -> Option<Told> {
        let (mut name, mut id, mut data) = (None, None, None);
        loop {
            let mut line = String::new();
            let read = self.0.read_line(&mut line);
            assert!(read.is_ok(), "no event for long: {read:?}");
            let line = line.strip_suffix('\n')?;
            match line.split_once(": ") {
                Some(("event", value)) => name = Some(value.to_owned()),
                Some(("id", value)) => id = Some(value.to_owned()),
                Some(("data", value)) => {
                    let value = serde_json::from_str(value);
                    let whole = data.replace(value.unwrap_or_else(|_| panic!("{line}")));
                    assert_eq!(whole, None, "data of several lines");
                }
                // A sign of life.
                Some(("", _)) => {}
                None if line.is_empty() => {
                    if let (Some(name), Some(data)) = (name.take(), data.take()) {
                        return Some(Told { name, id, data });
                    }
                }
                _ => panic!("not an event: {line:?}"),
            }
        }
    }
}

impl Followed {
    /// Waits for the next event of this name, passing over others.
    ///
    /// # Panics
    /// Where the stream ends without.
    pub fn until(&mut self, name: &str) -> Told {
        loop {
            let told = self.next().unwrap_or_else(|| panic!("the stream ended without {name}"));
            if told.name == name {
                return told;
            }
        }
    }

    /// All events up to the end of the stream.
    #[must_use]
    pub fn rest(self) -> Vec<Told> {
        self.collect()
    }
}

/// Follows what is at a path, with these further lines in the head.
///
/// # Panics
/// Where there is no host, or it answers with something else.
#[must_use]
pub fn follow(data_dir: &Path, path: &str, head: &str) -> Followed {
    // By 1.0 the body is what comes until the end.
    let request = format!("GET {path} HTTP/1.0\r\nHost: host\r\n{head}\r\n");
    let talk = || {
        let mut stream = UnixStream::connect(data_dir.join("host.sock"))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && answer.read_line(&mut head)? > 0 {}
        Ok::<_, std::io::Error>((head.to_ascii_lowercase(), answer))
    };
    let (head, answer) =
        talk().unwrap_or_else(|reason| panic!("the host does not answer: {reason}"));
    let good = head.contains(" 200 ") && head.contains("content-type: text/event-stream");
    assert!(good, "not a stream: {head}");
    Followed(answer)
}

/// The head, in lower case, and the text at a path that is no JSON.
///
/// # Panics
/// Where there is no host.
#[must_use]
pub fn read(data_dir: &Path, path: &str) -> (String, String) {
    let text = send(data_dir, format!("GET {path} HTTP/1.0\r\nHost: host\r\n\r\n").as_bytes());
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    (head.to_ascii_lowercase(), body.to_owned())
}
