//! Where alerts arrive: an HTTP endpoint, and a mail server.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
};

use serde_json::Value;

use crate::DEADLINE;

/// An HTTP endpoint that takes what is posted to it.
#[derive(Debug)]
pub struct Endpoint {
    address: SocketAddr,
    posts: Receiver<Post>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

/// What was posted.
#[derive(Debug)]
pub struct Post {
    /// The first line, and the headers in lower case.
    pub head: String,
    /// The body, as it came.
    pub text: String,
    /// The body.
    pub body: Value,
}

impl Post {
    /// The value of a header.
    ///
    /// # Panics
    /// Where it has none of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let start = format!("{name}: ");
        let line = self.head.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }
}

impl Endpoint {
    /// One at any port.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let answers: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let (tell, posts) = mpsc::channel();
        let next = answers.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let answer = || next.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                // Who hangs up has said nothing.
                if let Ok(post) = stream.and_then(|stream| take(stream, answer))
                    && tell.send(post).is_err()
                {
                    return;
                }
            }
        });
        Self { address, posts, answers }
    }

    /// Its URL, with a path that nobody else knows.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hooks/s3cr3t", self.address)
    }

    /// Answers the next request with this status line's end, such as `503 Busy`, and not
    /// with success.
    pub fn answer_next(&self, status: &str) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(status.to_owned());
    }

    /// Answers with success again.
    pub fn answer_well(&self) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits for what is posted next.
    ///
    /// # Panics
    /// Where nothing is.
    #[must_use]
    pub fn next(&self) -> Post {
        self.posts.recv_timeout(DEADLINE).expect("something is posted")
    }

    /// What has been posted, and was not waited for.
    #[must_use]
    pub fn rest(&self) -> Vec<Post> {
        self.posts.try_iter().collect()
    }
}

fn take(stream: TcpStream, answer: impl FnOnce() -> Option<String>) -> std::io::Result<Post> {
    stream.set_read_timeout(Some(DEADLINE))?;
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    let status = answer().unwrap_or_else(|| "204 No Content".to_owned());
    let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
    stream.get_mut().write_all(answer.as_bytes())?;
    let text = String::from_utf8_lossy(&body).into_owned();
    let body = serde_json::from_str(&text).unwrap_or_default();
    // Values are not in lower case for those who compare them.
    let mut lines = head.lines();
    let mut head = lines.next().unwrap_or_default().to_owned();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        head += &format!("\n{}:{value}", name.to_ascii_lowercase());
    }
    Ok(Post { head, text, body })
}

/// A mail server; it ends when it is dropped.
#[derive(Debug)]
pub struct MailServer {
    child: Child,
    /// Where it listens, at `localhost`.
    pub port: u64,
    mails: Receiver<Value>,
}

impl MailServer {
    /// One that takes mail from anybody, or by TLS from who knows the password; none where
    /// this machine can't.
    ///
    /// # Panics
    /// Where it starts, and does not say where.
    #[must_use]
    pub fn start(tls: Option<(&Path, &Path)>) -> Option<Self> {
        const PYTHON: &str = "/usr/bin/python3";
        let mut there = Command::new(PYTHON);
        there.args(["-c", "import aiosmtpd"]).stderr(Stdio::null());
        if !there.status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: mails, since there is no python3-aiosmtpd here");
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("mail/server.py");
        let mut command = Command::new(PYTHON);
        command.args(["-W", "ignore"]).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.args(tls.into_iter().flat_map(|(cert, key)| [cert, key]));
        let mut child = command.spawn().expect("Python can be started");
        let stdout = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let (tell, mails) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if tell.send(line.parse().unwrap_or_default()).is_err() {
                    return;
                }
            }
        });
        let first: Value = mails.recv_timeout(DEADLINE).expect("it says where it listens");
        let port = first["port"].as_u64().expect("a port");
        Some(Self { child, port, mails })
    }

    /// Waits for the next mail.
    ///
    /// # Panics
    /// Where none comes.
    #[must_use]
    pub fn next(&self) -> Value {
        self.mails.recv_timeout(DEADLINE).expect("a mail comes")
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
