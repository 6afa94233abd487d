//! Everybody on the network.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket},
};

use horarium_sdk::prelude::*;

use crate::tried::Tried;

/// Somebody on the network.
#[args]
struct Peer {
    /// As in `127.0.0.1:80`, or with a name that has to be looked up.
    addr: String,
}

/// Connects, says hello, and returns the answer.
#[task]
fn talk(peer: Peer) -> Tried<String> {
    let talk = || {
        let mut stream = TcpStream::connect(&peer.addr)?;
        stream.write_all(b"hello\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    talk().into()
}

/// Looks up a name, and returns its addresses.
#[task]
fn resolve(peer: Peer) -> Tried<Vec<String>> {
    let addresses = peer.addr.to_socket_addrs();
    addresses.map(|all| all.map(|address| address.ip().to_string()).collect()).into()
}

/// Looks up a name, and connects twice to what came of it the first time and the
/// second time.
#[task]
fn rebind(peer: Peer) -> Vec<Tried<String>> {
    let connect = |_| {
        let connected = TcpStream::connect(&peer.addr).and_then(|stream| stream.peer_addr());
        connected.map(|address| address.to_string()).into()
    };
    (0..2).map(connect).collect()
}

/// Listens, and returns where.
#[task]
fn listen(peer: Peer) -> Tried<String> {
    let listener = TcpListener::bind(&peer.addr);
    listener.and_then(|listener| listener.local_addr()).map(|at| at.to_string()).into()
}

/// How to send datagrams.
#[args]
struct Datagram {
    /// Where the socket is bound to.
    #[serde(default = "Datagram::anywhere")]
    from: String,
    /// Where to.
    to: SocketAddr,
    /// Whether the socket is connected first.
    #[serde(default)]
    connect: bool,
}

impl Datagram {
    fn anywhere() -> String {
        "0.0.0.0:0".to_owned()
    }
}

/// Sends a datagram, and returns how many bytes went out.
#[task]
fn send(datagram: Datagram) -> Tried<usize> {
    let send = || -> io::Result<usize> {
        let socket = UdpSocket::bind(&datagram.from)?;
        if datagram.connect {
            socket.connect(datagram.to)?;
            return socket.send(b"hello");
        }
        socket.send_to(b"hello", datagram.to)
    };
    send().into()
}

/// Sends a datagram, and returns the answer.
#[task]
fn ask(datagram: Datagram) -> Tried<String> {
    let ask = || -> io::Result<String> {
        let socket = UdpSocket::bind(&datagram.from)?;
        socket.send_to(b"hello", datagram.to)?;
        let mut answer = [0; 64];
        let (length, _) = socket.recv_from(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    };
    ask().into()
}

/// How many connections.
#[args]
struct Many {
    addr: SocketAddr,
    count: usize,
}

/// Holds many connections at once, and returns how many.
#[task]
fn hold(many: Many) -> io::Result<usize> {
    let streams: io::Result<Vec<_>> =
        (0..many.count).map(|_| TcpStream::connect(many.addr)).collect();
    streams.map(|streams| streams.len())
}
