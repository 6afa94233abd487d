//! URLs of requests, in the one form in which they are checked and sent.
//!
//! Whoever parses a URL twice, once to judge it and once to send it, sends
//! sometime what nobody has judged. So a [`Target`] is parsed once, by the rules of
//! the URL Standard, and everything that goes on the wire is made of it.

use std::{borrow::Cow, fmt, str::FromStr};

use ipnet::IpNet;
use url::Url;

use super::{Host, plain};

/// How often a path may be percent-encoded on top of itself.
const LAYERS: usize = 3;

/// What a request is for: an absolute `http` or `https` URL in normal form.
///
/// The host is in lower case and without a final dot, in punycode where it needs
/// that, an address where any spelling of one was meant; the port is known; dot
/// segments are resolved; there is neither a user nor a fragment. No server can
/// take its path for one that leads up and out of it (see [`TargetError::Path`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    host: Host,
    port: u16,
    url: Url,
}

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is no URL by the URL Standard.
    #[error("it is no URL: {0}; write one such as `https://api.example.com/v1/`")]
    Url(#[from] url::ParseError),
    /// It is longer than any server takes.
    #[error("the URL has {0} bytes where {most} are the most", most = Target::LONGEST)]
    Long(usize),
    /// Neither `http` nor `https`.
    #[error("its scheme is `{0}`; requests go to `https://` or `http://`")]
    Scheme(String),
    /// It has a user name or a password.
    #[error("it names a user; a credential goes into a header or the query")]
    User,
    /// Its host is no name that can be looked up.
    #[error("{0:?} is neither a domain name nor an address")]
    Host(String),
    /// Its port is 0.
    #[error("0 is no port")]
    Port,
    /// Some server might take it for another path.
    #[error("its path {0}")]
    Path(PathFault),
}

/// Why a path is not what it seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Decoded, it goes up.
    #[error("hides a `.` or `..` that a server may follow")]
    Dots,
    /// Decoded, it has control characters.
    #[error("hides a control character")]
    Control,
    /// Decoded, it is no text.
    #[error("is not UTF-8")]
    Encoding,
    /// It is encoded on top of being encoded.
    #[error("is percent-encoded more than {LAYERS} times")]
    Layers,
}

impl Scheme {
    /// As URLs begin.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that needs not be written.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Target {
    /// The longest URL that is looked at, in bytes.
    pub const LONGEST: usize = 8 << 10;

    /// How it travels.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whom it goes to.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// On which port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the `Host` header says: the host, and the port unless it is the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.scheme.port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The path, beginning with `/`, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// What follows the first `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.url.query()
    }

    /// What the request line says.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        match self.query() {
            Some(query) => format!("{}?{query}", self.path()),
            None => self.path().to_owned(),
        }
    }

    /// All of it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}{}", self.scheme.as_str(), self.authority(), self.path_and_query())
    }

    /// The same place with another query.
    #[must_use]
    pub fn with_query(mut self, query: Option<&str>) -> Self {
        self.url.set_query(query);
        self
    }

    /// The parts of the path between its slashes, decoded.
    pub(super) fn segments(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let path = self.path();
        path.strip_prefix('/').unwrap_or(path).split('/').map(|part| decode(part.as_bytes()))
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if text.len() > Self::LONGEST {
            return Err(TargetError::Long(text.len()));
        }
        let mut url = Url::parse(text)?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => return Err(TargetError::Scheme(other.to_owned())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::User);
        }
        let host = host(&url)?;
        let port = url.port().unwrap_or(scheme.port());
        if port == 0 {
            return Err(TargetError::Port);
        }
        honest(url.path()).map_err(TargetError::Path)?;
        url.set_fragment(None);
        Ok(Self { scheme, host, port, url })
    }
}

fn host(url: &Url) -> Result<Host, TargetError> {
    let net = |address| Host::Net(IpNet::from(plain(address)));
    match url.host() {
        Some(url::Host::Domain(name)) => match name.parse() {
            Ok(host @ Host::Name(_)) => Ok(host),
            // The parser has made an address of everything that is one.
            Ok(Host::Net(_)) | Err(_) => Err(TargetError::Host(name.to_owned())),
        },
        Some(url::Host::Ipv4(address)) => Ok(net(address.into())),
        Some(url::Host::Ipv6(address)) => Ok(net(address.into())),
        None => Err(TargetError::Host(String::new())),
    }
}

/// Checks that no server reads a path as one that leads somewhere else.
///
/// The parser has resolved plain dot segments. What is left are those that only
/// some servers see: behind encoded slashes (`..%2f`), encoded twice, before the
/// `;` of a parameter, with spaces that some file systems drop. An encoded slash
/// for itself is fine: names of things have them.
fn honest(path: &str) -> Result<(), PathFault> {
    let mut path = Cow::Borrowed(path.as_bytes());
    for _ in 0..=LAYERS {
        let text = std::str::from_utf8(&path).map_err(|_| PathFault::Encoding)?;
        if text.split(['/', '\\']).any(climbs) {
            return Err(PathFault::Dots);
        }
        if text.chars().any(char::is_control) {
            return Err(PathFault::Control);
        }
        match decode(&path) {
            Cow::Borrowed(_) => return Ok(()),
            Cow::Owned(decoded) => path = Cow::Owned(decoded),
        }
    }
    Err(PathFault::Layers)
}

fn climbs(segment: &str) -> bool {
    let name = segment.split(';').next().unwrap_or_default();
    name.contains('.') && name.chars().all(|c| c == '.' || c.is_whitespace())
}

/// Undoes percent-encoding once; borrowed where there is none.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    let mut decoded = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let (before, escape) = rest.split_at(at);
        let byte = match escape {
            [_, high, low, ..] => digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        decoded.extend_from_slice(before);
        decoded.push(byte.unwrap_or(b'%'));
        rest = &escape[if byte.is_some() { 3 } else { 1 }..];
    }
    decoded.extend_from_slice(rest);
    if decoded == text { Cow::Borrowed(text) } else { Cow::Owned(decoded) }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Without the query, where secrets may be.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority(), self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap_or_else(|reason| panic!("{text}: {reason}"))
    }

    fn fault(text: &str) -> TargetError {
        match text.parse::<Target>() {
            Ok(target) => panic!("{text} was taken for {target:?}"),
            Err(reason) => reason,
        }
    }

    #[test]
    fn every_spelling_has_one_normal_form() {
        for (text, normal) in [
            ("HTTPS://API.Example.COM/v1", "https://api.example.com/v1"),
            ("https://api.example.com.:443/v1", "https://api.example.com/v1"),
            ("http://api.example.com:443", "http://api.example.com:443/"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("https://%61pi.example.com/", "https://api.example.com/"),
            ("https://api。example。com/", "https://api.example.com/"),
            ("https:\\\\api.example.com\\v1\\x", "https://api.example.com/v1/x"),
            ("https:api.example.com/v1", "https://api.example.com/v1"),
            ("https://api.example.com/a/./b/../c", "https://api.example.com/a/c"),
            ("https://api.example.com/v1/%2e%2E/admin", "https://api.example.com/admin"),
            ("https://api.example.com/v1/..\\admin", "https://api.example.com/admin"),
            ("https://api.example.com/../../x", "https://api.example.com/x"),
            ("https://api.example.com/a b#part", "https://api.example.com/a%20b"),
            ("https://api.example.com/v\t1\n", "https://api.example.com/v1"),
            ("http://127.1/", "http://127.0.0.1/"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
            ("http://2130706433/", "http://127.0.0.1/"),
            ("http://017700000001/", "http://127.0.0.1/"),
            ("http://[::ffff:127.0.0.1]:81/", "http://127.0.0.1:81/"),
            ("http://[0:0::1]/", "http://[::1]/"),
        ] {
            let seen = target(text);
            assert_eq!(seen.to_string(), normal, "{text}");
            assert_eq!(target(normal).segments().count(), seen.segments().count());
        }
    }

    #[test]
    fn what_goes_on_the_wire_is_what_was_parsed() {
        let seen = target("https://API.example.com:8443/v1/%2e%2e/v2/a%2Fb?q=1&r=%2e%2e#x");
        assert_eq!(seen.authority(), "api.example.com:8443");
        assert_eq!(seen.path_and_query(), "/v2/a%2Fb?q=1&r=%2e%2e");
        assert_eq!((seen.scheme(), seen.port()), (Scheme::Https, 8443));
        assert!(!seen.to_string().contains("q=1"), "a query may hold secrets");
        let other = seen.with_query(Some("k=v"));
        assert_eq!(other.path_and_query(), "/v2/a%2Fb?k=v");
    }

    #[test]
    fn what_is_no_target_says_why() {
        assert!(matches!(fault("api.example.com/v1"), TargetError::Url(_)));
        assert!(matches!(fault("https://"), TargetError::Url(_)));
        assert!(matches!(fault("https://a b/"), TargetError::Url(_)));
        assert!(matches!(fault("https://[fe80::1%25eth0]/"), TargetError::Url(_)));
        assert!(matches!(fault("ftp://example.com/"), TargetError::Scheme(_)));
        assert!(matches!(fault("file:///etc/passwd"), TargetError::Scheme(_)));
        for user in ["https://u@example.com/", "https://:p@example.com/", "https://a%40@b.example/"]
        {
            assert_eq!(fault(user), TargetError::User);
        }
        for host in ["https://*.example.com/", "https://a..b/", "https://-a.example/"] {
            assert!(matches!(fault(host), TargetError::Host(_)), "{host}");
        }
        assert_eq!(fault("https://example.com:0/"), TargetError::Port);
        assert!(matches!(
            fault(&format!("https://a/{}", "x".repeat(Target::LONGEST))),
            TargetError::Long(_)
        ));
    }

    #[test]
    fn a_path_that_only_some_servers_see_through_is_refused() {
        for path in [
            "..%2fadmin",
            "..%5Cadmin",
            "%2e%2e%2fadmin",
            "a%2f..%2f..%2fadmin",
            "%252e%252e/admin",
            "..%252fadmin",
            "%25252e%25252e%25252fadmin",
            "..;/admin",
            "..;x=1/admin",
            "..%3b/admin",
            "..%20/admin",
            ".%20./admin",
            ".../admin",
        ] {
            let seen = fault(&format!("https://api.example.com/v1/{path}"));
            assert_eq!(seen, TargetError::Path(PathFault::Dots), "{path}");
        }
        let fault = |path: &str| fault(&format!("https://api.example.com/v1/{path}"));
        assert_eq!(fault("..%00/admin"), TargetError::Path(PathFault::Control));
        assert_eq!(fault("a%0d%0aX:%20y"), TargetError::Path(PathFault::Control));
        assert_eq!(fault("%c0%ae%c0%ae/admin"), TargetError::Path(PathFault::Encoding));
        assert_eq!(fault("%2525252561"), TargetError::Path(PathFault::Layers));
    }

    #[test]
    fn a_path_that_is_only_unusual_is_none_of_our_business() {
        for path in
            ["group%2Fproject", "100%25", "a//b", "%E4%BD%A0", "v1;x=1/y", "a..b", ".git", "%"]
        {
            let text = format!("https://api.example.com/{path}");
            assert_eq!(target(&text).path_and_query(), format!("/{path}"));
        }
    }
}
