//! `host:port` as grants write it, and which addresses fall under it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net};

use super::address;

/// Hosts and ports that a guest may reach: `api.example.com:443`,
/// `10.1.0.0/16:5432`, `[::1]:8000-8100`, `192.0.2.7:*`.
///
/// A name reaches public addresses only, whatever it resolves to, and those in
/// [`within`](Self::within). An address or a range that is written out is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What is reached.
    pub host: Host,
    /// On which ports.
    pub ports: Ports,
    /// Ranges that are not public and in which the name may lie all the same.
    pub within: Vec<IpNet>,
}

/// What an endpoint names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A domain name in lower case, without a final dot.
    Name(String),
    /// An address, as a range of one, or a range.
    Net(IpNet),
}

/// Ports, from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(pub RangeInclusive<u16>);

/// Why a text names no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Nothing after a colon at its end.
    #[error("it names no port; write `{0}:443`, or `{0}:*` for all")]
    NoPort(String),
    /// A port that is none.
    #[error("{0:?} is no port from 1 to 65535, no range such as `8000-8100`, and not `*`")]
    Port(String),
    /// A host that is neither a name nor an address.
    #[error("{0:?} is neither a domain name nor an address nor a range such as `10.0.0.0/8`")]
    Host(String),
}

impl Endpoint {
    /// Whether a guest may ask for this name's addresses in order to reach it.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        matches!(&self.host, Host::Name(own) if normal(name) == *own)
    }

    /// Whether a connection to `target` falls under this endpoint, where `name` is
    /// what the address was resolved from, none where it was given as such.
    #[must_use]
    pub fn admits(&self, target: SocketAddr, name: Option<&str>) -> bool {
        let address = address::plain(target.ip());
        self.ports.0.contains(&target.port())
            && match (&self.host, name) {
                (Host::Net(net), _) => contains(net, address),
                (Host::Name(_), Some(name)) => self.names(name) && self.may_lie_at(address),
                (Host::Name(_), None) => false,
            }
    }

    /// Whether everything that falls under `other` falls under this one, too.
    ///
    /// A name is not covered by a range: where it leads, its owner decides.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let ports = self.ports.0.contains(other.ports.0.start())
            && self.ports.0.contains(other.ports.0.end());
        ports
            && match (&self.host, &other.host) {
                (Host::Net(outer), Host::Net(inner)) => outer.contains(inner),
                (Host::Name(outer), Host::Name(inner)) => {
                    let within = |net: &IpNet| self.within.iter().any(|outer| outer.contains(net));
                    outer == inner && other.within.iter().all(within)
                }
                (Host::Net(_), Host::Name(_)) | (Host::Name(_), Host::Net(_)) => false,
            }
    }

    /// Whether the name may resolve to this address.
    #[must_use]
    pub fn may_lie_at(&self, address: IpAddr) -> bool {
        let address = address::plain(address);
        // By RFC 6761 this name means the machine itself and nothing else.
        if matches!(&self.host, Host::Name(name) if name == "localhost") {
            return address.is_loopback();
        }
        address::is_public(address) || self.within.iter().any(|net| contains(net, address))
    }
}

/// A range of IPv6 never holds an IPv4 address, however that one is written.
fn contains(net: &IpNet, address: IpAddr) -> bool {
    net.contains(&address)
}

/// Names compare without case and without the dot that makes them absolute.
fn normal(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let (host, ports) = text
            .rsplit_once(':')
            // The last colon of a bare IPv6 address is not a port's.
            .filter(|(host, _)| !host.contains(':') || host.starts_with('['))
            .ok_or_else(|| EndpointError::NoPort(text.to_owned()))?;
        Ok(Self { host: host.parse()?, ports: ports.parse()?, within: Vec::new() })
    }
}

impl FromStr for Host {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let wrong = || EndpointError::Host(text.to_owned());
        let bare = match text.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or_else(wrong)?,
            None => text,
        };
        if let Ok(net) = parse_net(bare) {
            return Ok(Self::Net(net));
        }
        if bare.len() == text.len() && is_name(text) {
            return Ok(Self::Name(normal(text)));
        }
        Err(wrong())
    }
}

/// A range of addresses, `10.0.0.0/8`, or a single one. One of IPv4 addresses that
/// are written as IPv6 ones is a range of IPv4: as that it is compared.
///
/// # Errors
/// Where it is neither.
pub fn parse_net(text: &str) -> Result<IpNet, EndpointError> {
    let wrong = || EndpointError::Host(text.to_owned());
    let net = match text.parse::<IpNet>() {
        Ok(net) => net.trunc(),
        Err(_) => text.parse::<IpAddr>().map_err(|_| wrong())?.into(),
    };
    let IpNet::V6(v6) = net else { return Ok(net) };
    match (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96)) {
        (Some(v4), Some(prefix)) => Ipv4Net::new(v4, prefix).map(IpNet::V4).map_err(|_| wrong()),
        _ => Ok(net),
    }
}

/// A domain name by RFC 1123, underscores allowed as resolvers do. One that ends
/// in a number is an address somebody mistyped, and some resolvers read it as one.
fn is_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.split('.').all(label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
        && !last.to_ascii_lowercase().starts_with("0x")
}

impl FromStr for Ports {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let wrong = || EndpointError::Port(text.to_owned());
        if text == "*" {
            return Ok(Self(1..=u16::MAX));
        }
        let port = |text: &str| {
            // `u16` would take a sign.
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|port| digits && *port > 0).ok_or_else(wrong)
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = port(first)?..=port(last)?;
        if range.is_empty() { Err(wrong()) } else { Ok(Self(range)) }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.ports)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Net(net) => {
                let shown = if net.prefix_len() == net.max_prefix_len() {
                    net.addr().to_string()
                } else {
                    net.to_string()
                };
                match net {
                    IpNet::V4(_) => f.write_str(&shown),
                    IpNet::V6(_) => write!(f, "[{shown}]"),
                }
            }
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.0.start(), self.0.end());
        match (first, last) {
            (1, &u16::MAX) => f.write_str("*"),
            _ if first == last => write!(f, "{first}"),
            _ => write!(f, "{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    fn admits(endpoint: &Endpoint, target: &str, name: Option<&str>) -> bool {
        endpoint.admits(target.parse().unwrap(), name)
    }

    #[test]
    fn endpoints_print_as_they_are_written() {
        for text in [
            "api.example.com:443",
            "10.0.0.0/8:5432",
            "192.0.2.7:*",
            "[::1]:8000-8100",
            "[fd00::/8]:1",
            "localhost:80",
        ] {
            assert_eq!(endpoint(text).to_string(), text);
        }
        assert_eq!(endpoint("API.Example.COM.:443").to_string(), "api.example.com:443");
        assert_eq!(endpoint("[::ffff:10.0.0.1]:1").to_string(), "10.0.0.1:1");
    }

    #[test]
    fn what_is_no_endpoint_says_why() {
        for (text, part) in [
            ("example.com", "no port"),
            ("::1", "no port"),
            ("example.com:0", "no port from 1"),
            ("example.com:70000", "no port from 1"),
            ("example.com:+80", "no port from 1"),
            ("example.com:9-8", "no port from 1"),
            ("exa mple:80", "neither"),
            ("http://example.com:80", "no port"),
            ("127.1:80", "neither"),
            ("0x7f.1:80", "neither"),
            ("a.0x7f:80", "neither"),
            ("2130706433:80", "neither"),
            ("[example.com]:80", "neither"),
            ("-a.example:80", "neither"),
            (":80", "neither"),
        ] {
            let reason = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(reason.contains(part), "{text}: {reason}");
        }
    }

    #[test]
    fn a_name_that_is_pointed_at_the_host_reaches_nothing() {
        let api = endpoint("api.example.com:443");
        let name = Some("API.example.com.");
        assert!(admits(&api, "1.1.1.1:443", name));
        assert!(!admits(&api, "1.1.1.1:80", name));
        assert!(!admits(&api, "1.1.1.1:443", None), "an address nobody resolved");
        assert!(!admits(&api, "1.1.1.1:443", Some("example.com")));
        for inside in ["127.0.0.1:443", "[::ffff:127.0.0.1]:443", "169.254.169.254:443"] {
            assert!(!admits(&api, inside, name), "{inside}");
        }
    }

    #[test]
    fn ranges_of_mapped_addresses_are_ranges_of_ipv4() {
        for (text, shown) in [
            ("[::ffff:10.0.0.0/104]:1", "10.0.0.0/8:1"),
            ("[::ffff:10.1.2.3/128]:1", "10.1.2.3:1"),
            ("[::ffff:0.0.0.0/96]:1", "0.0.0.0/0:1"),
            ("10.1.2.3/8:1", "10.0.0.0/8:1"),
            ("[fd00::1/8]:1", "[fd00::/8]:1"),
        ] {
            assert_eq!(endpoint(text).to_string(), shown);
        }
        assert!(admits(&endpoint("[::ffff:10.0.0.0/104]:1"), "10.1.2.3:1", None));
    }

    #[test]
    fn what_a_cap_covers_it_covers_whole() {
        let covers = |cap: &str, grant: &str| endpoint(cap).covers(&endpoint(grant));
        assert!(covers("10.0.0.0/8:*", "10.1.0.0/16:80"));
        assert!(covers("[::ffff:10.0.0.0/104]:*", "10.1.0.0/16:80"));
        assert!(covers("api.example.com:80-90", "API.example.com.:80-81"));
        for (cap, grant) in [
            ("10.0.0.0/8:80", "10.0.0.0/8:*"),
            ("10.1.0.0/16:80", "10.0.0.0/8:80"),
            ("10.0.0.0/8:80", "[fd00::1]:80"),
            ("0.0.0.0/0:80", "api.example.com:80"),
            ("api.example.com:80", "1.1.1.1:80"),
            ("example.com:80", "api.example.com:80"),
        ] {
            assert!(!covers(cap, grant), "{cap} covers {grant}");
        }
        let within = |text: &str, net: &str| Endpoint {
            within: vec![net.parse().unwrap()],
            ..endpoint(text)
        };
        let cap = within("db.internal:5432", "10.0.0.0/8");
        assert!(cap.covers(&within("db.internal:5432", "10.1.0.0/16")));
        assert!(cap.covers(&endpoint("db.internal:5432")));
        assert!(!cap.covers(&within("db.internal:5432", "192.168.0.0/16")));
        assert!(!endpoint("db.internal:5432").covers(&cap));
    }

    #[test]
    fn a_range_that_is_named_is_meant() {
        let mut inner = endpoint("db.internal:5432");
        inner.within = vec!["10.0.0.0/8".parse().unwrap()];
        assert!(admits(&inner, "10.1.2.3:5432", Some("db.internal")));
        assert!(!admits(&inner, "192.168.1.1:5432", Some("db.internal")));
        let net = endpoint("10.0.0.0/8:5432");
        assert!(admits(&net, "10.1.2.3:5432", None));
        assert!(admits(&net, "[::ffff:10.1.2.3]:5432", None));
        assert!(!admits(&net, "11.1.2.3:5432", None));
        let own = endpoint("localhost:80");
        assert!(admits(&own, "127.0.0.1:80", Some("localhost")));
        assert!(admits(&own, "[::1]:80", Some("localhost")));
        assert!(!admits(&own, "1.1.1.1:80", Some("localhost")));
    }
}
