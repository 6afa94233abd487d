//! Whether another site makes a browser ask.
//!
//! As Go's `http.CrossOriginProtection` has it: <https://words.filippo.io/csrf>. No token
//! in forms, and no cookie to compare with: browsers say where a request comes from.

use axum::http::{HeaderMap, Method, header};

/// Where browsers say how a request's origin relates to what it asks.
const FETCH_SITE: &str = "sec-fetch-site";

/// Whether a request changes nothing, by its method.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a request that changes something comes from another site. One that says
/// nothing of where it comes from is no browser's.
pub(super) fn is_foreign(method: &Method, headers: &HeaderMap, host: &str) -> bool {
    if is_safe(method) {
        return false;
    }
    let mut sites = headers.get_all(FETCH_SITE).iter();
    if let Some(site) = sites.next() {
        return sites.next().is_some() || !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => false,
        (Some(origin), None) => !origin.to_str().is_ok_and(|origin| is_of(origin, host)),
        (Some(_), Some(_)) => true,
    }
}

fn is_of(origin: &str, host: &str) -> bool {
    let origin = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    !host.is_empty() && origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn foreign(method: &Method, headers: &[(&'static str, &'static str)]) -> bool {
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut map = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            map.append(name, value);
        });
        is_foreign(method, &map, "localhost:7878")
    }

    #[test]
    fn only_the_own_site_changes_anything() {
        let site = |site| foreign(&Method::POST, &[(FETCH_SITE, site), ("origin", "null")]);
        assert!(!site("same-origin"));
        assert!(!site("none"), "somebody has typed the address");
        for other in ["same-site", "cross-site", "", "Same-Origin", "same-origin, none"] {
            assert!(site(other), "{other}");
        }
        assert!(foreign(&Method::POST, &[(FETCH_SITE, "none"), (FETCH_SITE, "cross-site")]));

        let origin = |origin| foreign(&Method::DELETE, &[("origin", origin)]);
        assert!(!origin("http://localhost:7878"));
        assert!(!origin("https://LOCALHOST:7878"));
        for other in [
            "null",
            "",
            "http://localhost",
            "http://localhost:7879",
            "http://evil.example",
            "http://localhost:7878.evil.example",
            "ftp://localhost:7878",
            "localhost:7878",
        ] {
            assert!(origin(other), "{other}");
        }
        let own = ("origin", "http://localhost:7878");
        assert!(foreign(&Method::PUT, &[own, ("origin", "http://evil.example")]));
        assert!(!foreign(&Method::POST, &[]), "it is no browser");
    }

    #[test]
    fn what_changes_nothing_may_come_from_anywhere() {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert!(!foreign(&method, &[(FETCH_SITE, "cross-site")]));
        }
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(foreign(&method, &[(FETCH_SITE, "cross-site")]));
        }
        assert!(foreign(&Method::from_bytes(b"BREW").unwrap(), &[(FETCH_SITE, "cross-site")]));
    }
}
