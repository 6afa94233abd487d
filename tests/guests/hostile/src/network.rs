//! The network: of which nothing was granted, or one server.

use std::{
    io::{Read, Write},
    mem,
    net::{SocketAddr, TcpStream, UdpSocket},
};

use horarium_sdk::prelude::*;
use wasip2::sockets::{
    instance_network::instance_network,
    ip_name_lookup::resolve_addresses,
    network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress},
    tcp::TcpSocket,
    tcp_create_socket::create_tcp_socket,
    udp_create_socket::create_udp_socket,
};

use crate::refused;

/// Loopback, anything, link-local (clouds answer there), private, public.
const FOUR: [(u8, u8, u8, u8); 6] = [
    (127, 0, 0, 1),
    (0, 0, 0, 0),
    (169, 254, 169, 254),
    (10, 0, 0, 1),
    (192, 168, 0, 1),
    (1, 1, 1, 1),
];

/// The same in the other family, two of them mapped.
const SIX: [[u16; 8]; 5] = [
    [0, 0, 0, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0xffff, 0x7f00, 1],
    [0, 0, 0, 0, 0, 0xffff, 0xa9fe, 0xa9fe],
    [0xfe80, 0, 0, 0, 0, 0, 0, 1],
    [0xfd00, 0, 0, 0, 0, 0, 0, 1],
];

/// Somebody of the host's who would answer.
#[args]
struct Port {
    port: u16,
}

/// Connects to everywhere.
#[task]
fn connect(Port { port }: Port) {
    for address in addresses(port) {
        refused(&format!("a connection to {address:?}"), connection(address));
    }
}

/// Listens everywhere.
#[task]
fn listen() {
    for address in addresses(0) {
        let listening = socket(address).and_then(|socket| {
            socket.start_bind(&instance_network(), address).map_err(drop)?;
            socket.finish_bind().map_err(drop)?;
            socket.start_listen().map_err(drop)
        });
        refused(&format!("to listen at {address:?}"), listening);
    }
}

/// Sends datagrams to everywhere.
#[task]
fn send(Port { port }: Port) {
    for address in addresses(port) {
        let sent = create_udp_socket(family(address)).map_err(drop).and_then(|socket| {
            let any = unspecified(address);
            socket.start_bind(&instance_network(), any).map_err(drop)?;
            socket.finish_bind().map_err(drop)?;
            socket.stream(Some(address)).map_err(drop)
        });
        refused(&format!("a datagram to {address:?}"), sent);
    }
}

/// Asks for addresses: what a name is resolved to has left already, in the name.
#[task]
fn resolve() {
    for name in ["localhost", "metadata.google.internal", "secret.example.com"] {
        let answer = resolve_addresses(&instance_network(), name).and_then(|stream| {
            stream.subscribe().block();
            stream.resolve_next_address()
        });
        refused(&format!("to look up {name}"), answer);
    }
}

/// A server that was granted.
#[args]
struct Granted {
    addr: SocketAddr,
}

/// Sends to somebody who doesn't listen, for ever.
#[task]
fn flood_stream(Granted { addr }: Granted) -> Result<()> {
    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(b"GET /deaf HTTP/1.1\r\n\r\n")?;
    let piece = [b'x'; 64 << 10];
    loop {
        stream.write_all(&piece)?;
    }
}

/// Listens to somebody who talks for ever, and never gets to the end of it.
#[task]
fn swallow_stream(Granted { addr }: Granted) -> Result<()> {
    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(b"GET /endless HTTP/1.1\r\n\r\n")?;
    let mut piece = vec![0; 64 << 10];
    while stream.read(&mut piece)? > 0 {}
    Ok(())
}

/// Connects again and again, and never hangs up.
#[task]
fn leak_connections(Granted { addr }: Granted) -> Result<()> {
    loop {
        mem::forget(TcpStream::connect(addr)?);
    }
}

/// Sends datagrams for ever.
#[task]
fn flood_datagrams(Granted { addr }: Granted) -> Result<()> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    let piece = [b'x'; 32 << 10];
    loop {
        // Nobody may be there to take them.
        let _ = socket.send_to(&piece, addr);
    }
}

fn addresses(port: u16) -> impl Iterator<Item = IpSocketAddress> {
    let four = FOUR
        .into_iter()
        .map(move |address| IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }));
    let six = SIX.into_iter().map(move |[a, b, c, d, e, f, g, h]| {
        let address = (a, b, c, d, e, f, g, h);
        IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info: 0, address, scope_id: 0 })
    });
    four.chain(six)
}

fn connection(address: IpSocketAddress) -> Result<(), ()> {
    let socket = socket(address)?;
    socket.start_connect(&instance_network(), address).map_err(drop)?;
    socket.subscribe().block();
    socket.finish_connect().map_err(drop)?;
    Ok(())
}

fn socket(address: IpSocketAddress) -> Result<TcpSocket, ()> {
    create_tcp_socket(family(address)).map_err(drop)
}

fn family(address: IpSocketAddress) -> IpAddressFamily {
    match address {
        IpSocketAddress::Ipv4(_) => IpAddressFamily::Ipv4,
        IpSocketAddress::Ipv6(_) => IpAddressFamily::Ipv6,
    }
}

fn unspecified(like: IpSocketAddress) -> IpSocketAddress {
    match like {
        IpSocketAddress::Ipv4(_) => {
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port: 0, address: (0, 0, 0, 0) })
        }
        IpSocketAddress::Ipv6(_) => IpSocketAddress::Ipv6(Ipv6SocketAddress {
            port: 0,
            flow_info: 0,
            address: (0, 0, 0, 0, 0, 0, 0, 0),
            scope_id: 0,
        }),
    }
}
