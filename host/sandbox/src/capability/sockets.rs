//! TCP and UDP: outwards only, and only where grants say.
//!
//! wasmtime-wasi asks here before each use of an address. It has thrown out what
//! could be mistaken for another one already: IPv4 addresses written as IPv6 ones,
//! the unspecified address as a peer, port 0. Its IPv6 sockets never speak IPv4.

use std::net::SocketAddr;

use horarium_core::{grants::Grants, net::Endpoint};
use wasmtime::component::Linker;
use wasmtime_wasi::{
    WasiCtxBuilder,
    p2::bindings::sockets::{
        instance_network, network, tcp, tcp_create_socket, udp, udp_create_socket,
    },
    sockets::{SocketAddrUse, WasiSockets, WasiSocketsView},
};

use super::names::Names;
use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let options = network::LinkOptions::default();
    network::add_to_linker::<_, WasiSockets>(linker, &options, State::sockets)?;
    instance_network::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    tcp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    tcp_create_socket::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    udp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    udp_create_socket::add_to_linker::<_, WasiSockets>(linker, State::sockets)
}

pub(super) fn prepare(builder: &mut WasiCtxBuilder, grants: &Grants, names: &Names) {
    builder.allow_tcp(!grants.tcp.is_empty()).allow_udp(!grants.udp.is_empty());
    // Names are looked up by ourselves.
    builder.allow_ip_name_lookup(false);
    if grants.tcp.is_empty() && grants.udp.is_empty() {
        return;
    }
    let reach = Reach { tcp: grants.tcp.clone(), udp: grants.udp.clone(), names: names.clone() };
    builder.socket_addr_check(move |address, usage| {
        let admitted = reach.admits(address, usage);
        Box::pin(std::future::ready(admitted))
    });
}

/// Where an attempt may go.
struct Reach {
    tcp: Vec<Endpoint>,
    udp: Vec<Endpoint>,
    names: Names,
}

impl Reach {
    fn admits(&self, address: SocketAddr, usage: SocketAddrUse) -> bool {
        let admitted = match usage {
            // Whoever connects is bound to a port of the system's choice, and a UDP
            // socket has to ask for that. Any other address is for being found.
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => {
                address.ip().is_unspecified() && address.port() == 0
            }
            SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => false,
            SocketAddrUse::TcpConnect => self.among(&self.tcp, address),
            SocketAddrUse::UdpSend => self.among(&self.udp, address),
            // From a stranger: dropped, and not worth a word.
            SocketAddrUse::UdpReceive => return self.among(&self.udp, address),
        };
        if !admitted {
            self.names.note(&format!("it may not {} {address}", verb(usage)));
        }
        admitted
    }

    fn among(&self, endpoints: &[Endpoint], address: SocketAddr) -> bool {
        endpoints.iter().any(|endpoint| endpoint.admits(address, None))
            || self
                .names
                .of(address.ip())
                .any(|name| endpoints.iter().any(|endpoint| endpoint.admits(address, Some(name))))
    }
}

fn verb(usage: SocketAddrUse) -> &'static str {
    match usage {
        SocketAddrUse::TcpBind => "bind a TCP socket to",
        SocketAddrUse::TcpListen => "listen at",
        SocketAddrUse::TcpAccept => "accept a connection from",
        SocketAddrUse::TcpConnect => "connect to",
        SocketAddrUse::UdpBind => "bind a UDP socket to",
        SocketAddrUse::UdpSend => "send a datagram to",
        SocketAddrUse::UdpReceive => "receive a datagram from",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use SocketAddrUse::{TcpAccept, TcpBind, TcpConnect, TcpListen, UdpBind, UdpReceive, UdpSend};

    use super::*;
    use crate::capability::names::tests::{Book, names};

    fn reach(tcp: &[&str], udp: &[&str], book: &Arc<Book>) -> Reach {
        let endpoints = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let (tcp, udp): (Vec<Endpoint>, Vec<Endpoint>) = (endpoints(tcp), endpoints(udp));
        let names = names(tcp.iter().chain(&udp), book);
        Reach { tcp, udp, names }
    }

    fn admits(reach: &Reach, address: &str, usage: SocketAddrUse) -> bool {
        reach.admits(address.parse().unwrap(), usage)
    }

    #[test]
    fn nothing_is_bound_to_be_found_and_nobody_listens() {
        let any =
            reach(&["0.0.0.0/0:*", "[::/0]:*"], &["0.0.0.0/0:*", "[::/0]:*"], &Arc::default());
        for usage in [TcpBind, UdpBind] {
            assert!(admits(&any, "0.0.0.0:0", usage));
            assert!(admits(&any, "[::]:0", usage));
            for address in ["0.0.0.0:80", "127.0.0.1:0", "192.168.0.1:80", "[::1]:0", "[::]:80"] {
                assert!(!admits(&any, address, usage), "{address}");
            }
        }
        for usage in [TcpListen, TcpAccept] {
            assert!(!admits(&any, "0.0.0.0:0", usage));
            assert!(!admits(&any, "127.0.0.1:4000", usage));
        }
    }

    #[test]
    fn tcp_and_udp_are_granted_apart() {
        let reach = reach(&["10.0.0.1:80"], &["10.0.0.2:53"], &Arc::default());
        assert!(admits(&reach, "10.0.0.1:80", TcpConnect));
        assert!(admits(&reach, "10.0.0.2:53", UdpSend));
        assert!(admits(&reach, "10.0.0.2:53", UdpReceive));
        assert!(!admits(&reach, "10.0.0.1:80", UdpSend));
        assert!(!admits(&reach, "10.0.0.1:80", UdpReceive));
        assert!(!admits(&reach, "10.0.0.2:53", TcpConnect));
        assert!(!admits(&reach, "10.0.0.1:81", TcpConnect));
    }

    #[tokio::test]
    async fn an_address_is_admitted_as_what_a_granted_name_led_to() {
        let book = Arc::new(Book::default());
        book.write("a.example", &["1.1.1.1"]);
        book.write("b.example", &["1.1.1.1", "8.8.8.8"]);
        let reach = reach(&["a.example:80", "b.example:443"], &[], &book);
        assert!(!admits(&reach, "1.1.1.1:80", TcpConnect), "nobody has looked it up");
        reach.names.resolve("a.example").await.unwrap();
        assert!(admits(&reach, "1.1.1.1:80", TcpConnect));
        assert!(!admits(&reach, "1.1.1.1:443", TcpConnect), "that is another name's port");
        reach.names.resolve("b.example").await.unwrap();
        assert!(admits(&reach, "1.1.1.1:443", TcpConnect));
        assert!(!admits(&reach, "8.8.8.8:80", TcpConnect));
        assert!(!admits(&reach, "9.9.9.9:443", TcpConnect));
    }
}
