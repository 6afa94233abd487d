//! By which names the host may be asked.
//!
//! A page in a browser can have its own name lead to this host's address (DNS rebinding),
//! and then reads what it answers. Its requests say that name.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The longest name, in bytes.
const LONGEST: usize = 253;

/// Whether this can be a host's name or address, in lower case and without a port.
pub(crate) fn is_host_name(text: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    let is_name = (1..=LONGEST).contains(&text.len()) && text.bytes().all(fits);
    is_name || text.parse::<Ipv6Addr>().is_ok()
}

/// Whether a request that says this name may be answered by a host that it has reached at
/// this address. Ports do not count: whoever has a tunnel to it says another one.
pub(super) fn is_ours(authority: &str, reached: SocketAddr, names: &[String]) -> bool {
    let Some(host) = host_of(authority) else { return false };
    let reached = reached.ip().to_canonical();
    if let Ok(address) = host.parse::<IpAddr>() {
        let address = address.to_canonical();
        // Nobody can have an address lead elsewhere.
        if address == reached || (address.is_loopback() && reached.is_loopback()) {
            return true;
        }
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    (host == "localhost" && reached.is_loopback()) || names.contains(&host)
}

/// What stands before the port, without the brackets of an address.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, port.strip_prefix(':').or_else(|| port.is_empty().then_some("0"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "0")),
    };
    port.parse::<u16>().is_ok().then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_by_its_own_names_only() {
        let names = ["horarium.example.com".to_owned(), "10.9.9.9".to_owned()];
        let ours = |host: &str, reached: &str| is_ours(host, reached.parse().unwrap(), &names);
        for host in [
            "127.0.0.1:7878",
            "127.0.0.1",
            "127.0.0.2:80",
            "[::1]:7878",
            "[::1]",
            "localhost",
            "LocalHost:9000",
            "localhost.:1",
            "horarium.example.com",
            "HORARIUM.example.com.:443",
            "10.9.9.9:1",
        ] {
            assert!(ours(host, "127.0.0.1:7878"), "{host}");
        }
        for host in [
            "",
            ":80",
            "evil.example",
            "localhost.evil.example:7878",
            "127.0.0.1.evil.example",
            "horarium.example.com.evil.example",
            "192.168.0.7:7878",
            "[::1",
            "[::1]7878",
            "[localhost]:1",
            "localhost:x",
            "localhost:99999",
            "user@localhost",
            "localhost/",
        ] {
            assert!(!ours(host, "127.0.0.1:7878"), "{host}");
        }
        assert!(ours("192.168.0.7:7878", "192.168.0.7:7878"));
        assert!(ours("192.168.0.7", "[::ffff:192.168.0.7]:7878"));
        assert!(!ours("localhost:7878", "192.168.0.7:7878"));
        assert!(!ours("127.0.0.1:7878", "192.168.0.7:7878"));
    }

    #[test]
    fn names_have_no_scheme_and_no_port() {
        for name in ["horarium", "horarium.example.com", "10.0.0.1", "fd00::1"] {
            assert!(is_host_name(name), "{name}");
        }
        for name in ["", "https://a", "a:80", "a/b", "a b", "*.example.com", "[::1]", "A"] {
            assert!(!is_host_name(name), "{name}");
        }
    }
}
