//! A server that means harm as well: what it answers depends on the path. It is
//! there as long as the process.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::OnceLock,
    thread,
    time::Duration,
};

/// What only those get who were let through.
const SECRET: &str = "secret";

/// The longest head of a request, in bytes.
const HEAD: usize = 64 << 10;

/// Its two addresses: one to be granted, and one beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server {
    pub(super) granted: SocketAddr,
    pub(super) beside: SocketAddr,
}

impl Server {
    /// The one that there is.
    pub(super) fn running() -> Self {
        static RUNNING: OnceLock<Server> = OnceLock::new();
        *RUNNING.get_or_init(|| {
            let beside = listen(|stream, _| say(stream, SECRET));
            let granted = listen(answer);
            Self { granted, beside }
        })
    }
}

/// Answers everybody who comes, each on a thread of its own.
fn listen(answer: fn(&mut TcpStream, &str) -> io::Result<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                // Whoever is attacked hangs up, as it should.
                let _ = path(&mut stream).and_then(|path| answer(&mut stream, &path));
            });
        }
    });
    address
}

/// The path of a request, with its query.
fn path(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    Ok(head.split(' ').nth(1).unwrap_or_default().to_owned())
}

fn answer(stream: &mut TcpStream, path: &str) -> io::Result<()> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match path {
        "/public" => say(stream, "public"),
        "/to" => write!(stream, "HTTP/1.1 302 Found\r\nLocation: {query}\r\n\r\n"),
        "/deaf" => {
            thread::sleep(Duration::from_secs(5));
            Ok(())
        }
        "/silent" | "/sink" => io::copy(stream, &mut io::sink()).map(drop),
        "/endless" => {
            chunked(stream)?;
            let piece = [&b"10000\r\n"[..], &[b'x'; 0x10000], b"\r\n"].concat();
            for_ever(stream, &piece, Duration::ZERO)
        }
        "/drip" => {
            chunked(stream)?;
            for_ever(stream, b"1\r\nx\r\n", Duration::from_millis(5))
        }
        "/trailers" => {
            chunked(stream)?;
            stream.write_all(b"0\r\n")?;
            for_ever(stream, b"X-Trailer: x\r\n", Duration::ZERO)
        }
        "/extensions" => {
            chunked(stream)?;
            stream.write_all(b"1;x=")?;
            for_ever(stream, &[b'x'; 0x1000], Duration::ZERO)
        }
        "/huge-chunk" => {
            chunked(stream)?;
            stream.write_all(b"ffffffffffffffff\r\n")?;
            for_ever(stream, &[b'x'; 0x1000], Duration::ZERO)
        }
        "/no-chunk" => {
            chunked(stream)?;
            stream.write_all(b"-1\r\nx\r\n")
        }
        "/headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            for_ever(stream, b"X-Header: x\r\n", Duration::ZERO)
        }
        "/long-header" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX-Header: ")?;
            for_ever(stream, &[b'x'; 0x1000], Duration::ZERO)
        }
        "/interim" => for_ever(stream, b"HTTP/1.1 103 Early Hints\r\n\r\n", Duration::ZERO),
        "/short" => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort"),
        "/two-lengths" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx")
        }
        "/not-http" => stream.write_all(b"220 mail.example.com ESMTP\r\n"),
        _ => say(stream, SECRET),
    }
}

fn say(stream: &mut TcpStream, body: &str) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn chunked(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
}

/// Until somebody hangs up.
fn for_ever(stream: &mut TcpStream, piece: &[u8], pause: Duration) -> io::Result<()> {
    loop {
        stream.write_all(piece)?;
        thread::sleep(pause);
    }
}
