//! A grant for HTTP: which requests fall under it.

use std::{fmt, net::SocketAddr, str::FromStr};

use ipnet::IpNet;

use crate::{
    grants::Secret,
    net::{
        Endpoint, Host, Ports, Target, TargetError,
        http::{Credential, Methods},
    },
};

/// Requests that a guest may send: those below a URL, with some methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// Where to.
    pub prefix: Prefix,
    /// With which methods.
    pub methods: Methods,
    /// Ranges that are not public and in which the host's name may lie all the same.
    pub within: Vec<IpNet>,
    /// What the host adds to these requests.
    pub credential: Option<Credential>,
}

/// A URL, and everything below it.
///
/// `https://api.example.com/v1` holds itself, `…/v1?page=2` and `…/v1/users`, not
/// `…/v10`; with a slash at its end it holds what is below it only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(Target);

/// Why a text is no prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// No request could have it either.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// What comes after the path has no part in the matching.
    #[error("a grant ends with its path; it can't hold the query or fragment `{0}`")]
    Rest(String),
}

/// Why no grant admits a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// None is for this place.
    Elsewhere,
    /// One is, but not with this method.
    Method(&'a HttpGrant),
}

impl HttpGrant {
    /// Whether a request is admitted.
    #[must_use]
    pub fn admits(&self, method: &str, target: &Target) -> bool {
        self.methods.allow(method) && self.prefix.holds(target)
    }

    /// Whether its requests may be sent to this address.
    #[must_use]
    pub fn reaches(&self, address: SocketAddr) -> bool {
        let target = &self.prefix.0;
        let endpoint = Endpoint {
            host: target.host().clone(),
            ports: Ports(target.port()..=target.port()),
            within: self.within.clone(),
        };
        match target.host() {
            Host::Name(name) => endpoint.admits(address, Some(name)),
            Host::Net(_) => endpoint.admits(address, None),
        }
    }

    /// What must neither be logged nor shown on its behalf.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.credential.iter().map(Credential::value)
    }

    /// Whether everything that falls under `other` falls under this one, too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let within = |net: &IpNet| self.within.iter().any(|outer| outer.contains(net));
        self.prefix.holds(&other.prefix.0)
            && self.methods.cover(&other.methods)
            && other.within.iter().all(within)
    }
}

/// The grant that decides about a request: of those that admit it, the one with the
/// longest path, and of several such the first.
///
/// # Errors
/// Why there is none.
pub fn deciding<'a>(
    grants: &'a [HttpGrant],
    method: &str,
    target: &Target,
) -> Result<&'a HttpGrant, Refusal<'a>> {
    let here = || grants.iter().filter(|grant| grant.prefix.holds(target));
    let longest = |grant: &&HttpGrant| grant.prefix.0.path().len();
    // Of equals, `max_by_key` takes the last.
    here()
        .rev()
        .filter(|grant| grant.methods.allow(method))
        .max_by_key(longest)
        .ok_or_else(|| here().rev().max_by_key(longest).map_or(Refusal::Elsewhere, Refusal::Method))
}

impl Prefix {
    /// Whom its requests go to.
    #[must_use]
    pub fn host(&self) -> &Host {
        self.0.host()
    }

    /// Whether a target lies here or below.
    #[must_use]
    pub fn holds(&self, target: &Target) -> bool {
        let own = &self.0;
        (own.scheme(), own.host(), own.port()) == (target.scheme(), target.host(), target.port())
            && self.leads_to(target)
    }

    fn leads_to(&self, target: &Target) -> bool {
        let mut segments = target.segments();
        let mut own = self.0.segments().peekable();
        while let Some(segment) = own.next() {
            // A slash at the end wants something after it, be it nothing.
            let is_end = own.peek().is_none() && segment.is_empty();
            match segments.next() {
                Some(_) if is_end => {}
                Some(other) if other == segment => {}
                Some(_) | None => return false,
            }
        }
        true
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let target = text.parse()?;
        match text.find(['?', '#']) {
            Some(at) => Err(PrefixError::Rest(text[at..].to_owned())),
            None => Ok(Self(target)),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for HttpGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.methods, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(prefix: &str, methods: &[&str]) -> HttpGrant {
        HttpGrant {
            prefix: prefix.parse().unwrap(),
            methods: Methods::new(methods.iter().map(|method| method.parse().unwrap()).collect()),
            within: Vec::new(),
            credential: None,
        }
    }

    fn holds(prefix: &str, target: &str) -> bool {
        prefix.parse::<Prefix>().unwrap().holds(&target.parse().unwrap())
    }

    #[test]
    fn a_prefix_ends_where_a_segment_ends() {
        let prefix = "https://api.example.com/v1";
        for inside in ["", "/", "?page=2", "/users", "/users/../teams", "/a%2Fb", "//x", "/..x"] {
            assert!(holds(prefix, &format!("{prefix}{inside}")), "{inside}");
        }
        for outside in ["0", "%20", "%2Fx", ";x", "/../v2", "/%2e%2e/v2", "/..", "/..\\v2"] {
            assert!(!holds(prefix, &format!("{prefix}{outside}")), "{outside}");
        }
        assert!(holds(prefix, "https://api.example.com/%76%31/users"), "the same, encoded");
        let below = "https://api.example.com/v1/";
        assert!(holds(below, "https://api.example.com/v1/") && holds(below, &format!("{below}x")));
        assert!(!holds(below, "https://api.example.com/v1"));
        assert!(!holds(below, "https://api.example.com//v1/"));
        assert!(holds("https://api.example.com", "https://api.example.com/any?thing"));
    }

    #[test]
    fn an_encoded_slash_makes_no_segment() {
        let project = "https://git.example.com/api/projects/group%2Fproject";
        assert!(holds(project, &format!("{project}/issues")));
        assert!(holds(project, "https://git.example.com/api/projects/group%2fproject"));
        assert!(!holds(project, "https://git.example.com/api/projects/group/project"));
        assert!(!holds("https://git.example.com/api/projects/group/project", project));
    }

    #[test]
    fn scheme_host_and_port_are_all_meant() {
        let prefix = "https://api.example.com/";
        assert!(holds(prefix, "https://API.example.COM.:443/x"));
        for outside in [
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://example.com/",
            "https://api.example.com.evil.example/",
            "https://evilapi.example.com/",
        ] {
            assert!(!holds(prefix, outside), "{outside}");
        }
        assert!(holds("http://127.0.0.1:80", "http://[::ffff:7f00:1]/"));
    }

    #[test]
    fn what_can_be_no_prefix_says_why() {
        for text in ["https://api.example.com/?a=1", "https://api.example.com/#a"] {
            assert!(matches!(text.parse::<Prefix>(), Err(PrefixError::Rest(_))), "{text}");
        }
        for text in ["api.example.com", "https://*.example.com/", "https://api.example.com/..%2f"] {
            assert!(matches!(text.parse::<Prefix>(), Err(PrefixError::Target(_))), "{text}");
        }
    }

    #[test]
    fn the_nearest_grant_decides() {
        let mut keyed = grant("https://a.example/v1/keyed", &["GET"]);
        keyed.credential = Credential::query("key", Secret::new("k")).ok();
        let all = [grant("https://a.example", &["GET", "POST"]), keyed.clone(), keyed];
        let ask = |method, url: &str| deciding(&all, method, &url.parse().unwrap());
        assert!(std::ptr::eq(ask("GET", "https://a.example/v1").unwrap(), &raw const all[0]));
        assert!(std::ptr::eq(
            ask("HEAD", "https://a.example/v1/keyed/x").unwrap(),
            &raw const all[1]
        ));
        // With a method of its own, the wider one is the only one.
        assert!(std::ptr::eq(
            ask("POST", "https://a.example/v1/keyed/x").unwrap(),
            &raw const all[0]
        ));
        assert_eq!(ask("GET", "https://b.example"), Err(Refusal::Elsewhere));
        assert_eq!(ask("DELETE", "https://a.example/v1/keyed"), Err(Refusal::Method(&all[1])));
    }

    #[test]
    fn a_grant_covers_what_it_holds() {
        let outer = grant("https://a.example/v1", &["GET", "POST"]);
        assert!(outer.covers(&grant("https://a.example/v1/x/", &["GET"])));
        assert!(outer.covers(&grant("https://a.example/v1", &["HEAD", "POST"])));
        assert!(!outer.covers(&grant("https://a.example/v1", &["DELETE", "POST"])));
        assert!(!outer.covers(&grant("https://a.example/", &["GET"])));
        assert!(!outer.covers(&grant("https://a.example/v10", &["GET"])));
        let mut inside = outer.clone();
        inside.within = vec!["10.1.0.0/16".parse().unwrap()];
        assert!(!outer.covers(&inside) && inside.covers(&outer));
    }

    #[test]
    fn a_name_reaches_what_it_may_lie_at() {
        let reaches = |grant: &HttpGrant, address: &str| grant.reaches(address.parse().unwrap());
        let mut api = grant("https://api.example.com/", &["GET"]);
        assert!(reaches(&api, "1.1.1.1:443"));
        for address in
            ["1.1.1.1:80", "127.0.0.1:443", "[::ffff:10.0.0.1]:443", "169.254.169.254:443"]
        {
            assert!(!reaches(&api, address), "{address}");
        }
        api.within = vec!["10.0.0.0/8".parse().unwrap()];
        assert!(reaches(&api, "[::ffff:10.0.0.1]:443"));
        let own = grant("http://127.0.0.1:8080/", &["GET"]);
        assert!(reaches(&own, "127.0.0.1:8080") && !reaches(&own, "127.0.0.2:8080"));
        assert!(reaches(&grant("http://localhost", &["GET"]), "[::1]:80"));
    }
}
