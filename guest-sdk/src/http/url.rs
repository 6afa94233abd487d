//! As much of URLs as it takes to hand them to the host, which has the last word.

/// What is told about a text that is no URL.
pub(super) const HELP: &str = "it goes to no URL such as `https://api.example.com/v1/users`";

/// A URL's parts, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) scheme: &'a str,
    pub(super) authority: &'a str,
    /// Path and query, beginning with `/` or `?`, or nothing.
    pub(super) path: &'a str,
}

/// The parts of an absolute `http` or `https` URL, without its fragment.
pub(super) fn parts(url: &str) -> Option<Parts<'_>> {
    let url = url.split('#').next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let known = ["http", "https"].iter().any(|known| known.eq_ignore_ascii_case(scheme));
    (known && !authority.is_empty()).then_some(Parts { scheme, authority, path })
}

/// The URL with everything percent-encoded that can't stand in one.
pub(super) fn encoded(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for byte in url.trim().bytes() {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            encode(&mut out, byte);
        }
    }
    out
}

/// Adds a parameter to the query, before a fragment.
pub(super) fn add_parameter(url: &mut String, name: &str, value: &str) {
    url.truncate(url.find('#').unwrap_or(url.len()));
    url.push(if url.contains('?') { '&' } else { '?' });
    for (n, text) in [name, value].into_iter().enumerate() {
        if n > 0 {
            url.push('=');
        }
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                url.push(char::from(byte));
            } else {
                encode(url, byte);
            }
        }
    }
}

fn encode(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    for digit in [byte >> 4, byte & 15] {
        out.push(char::from(DIGITS[usize::from(digit)]));
    }
}

/// What a reference means at a URL (RFC 3986, 5.2). Dot segments are left to the host.
pub(super) fn joined(base: &str, reference: &str) -> String {
    let scheme = reference.split(['/', '?', '#']).next().unwrap_or_default();
    let Some(base) = parts(base).filter(|_| !scheme.contains(':')) else {
        return reference.to_owned();
    };
    let Parts { scheme, authority, path } = base;
    if reference.starts_with("//") {
        return format!("{scheme}:{reference}");
    }
    let path = path.split('?').next().unwrap_or_default();
    let kept = match reference.chars().next() {
        Some('/') => "",
        Some('?' | '#') | None => path,
        Some(_) => &path[..path.rfind('/').map_or(0, |at| at + 1)],
    };
    let slash = if kept.is_empty() && !reference.starts_with(['/', '?']) { "/" } else { "" };
    format!("{scheme}://{authority}{kept}{slash}{reference}")
}

/// Whether what is secret to one is secret to the other.
pub(super) fn same_origin(one: &str, other: &str) -> bool {
    match (parts(one), parts(other)) {
        (Some(one), Some(other)) => {
            one.scheme.eq_ignore_ascii_case(other.scheme)
                && one.authority.eq_ignore_ascii_case(other.authority)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_parts() {
        let expected = Parts { scheme: "HTTPS", authority: "a:1", path: "/b?c" };
        assert_eq!(parts("HTTPS://a:1/b?c#d"), Some(expected));
        assert_eq!(parts("http://a?b").unwrap().path, "?b");
        for none in ["", "a/b", "ftp://a/", "https://", "https:///a", "mailto:a@b"] {
            assert_eq!(parts(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_no_url_character_is_encoded() {
        assert_eq!(encoded(" https://a/ä b\n?c=%20 "), "https://a/%C3%A4%20b%0A?c=%20");
        let mut url = "https://a/b#c".to_owned();
        add_parameter(&mut url, "q", "night & day?");
        add_parameter(&mut url, "ü", "");
        assert_eq!(url, "https://a/b?q=night%20%26%20day%3F&%C3%BC=");
    }

    #[test]
    fn references_are_joined() {
        let base = "https://a:1/b/c?d";
        for (reference, expected) in [
            ("http://x/y", "http://x/y"),
            ("//x/y", "https://x/y"),
            ("/y?z", "https://a:1/y?z"),
            ("y", "https://a:1/b/y"),
            ("../y", "https://a:1/b/../y"),
            ("?y", "https://a:1/b/c?y"),
            ("", "https://a:1/b/c"),
            ("y?u=http://z", "https://a:1/b/y?u=http://z"),
        ] {
            assert_eq!(joined(base, reference), expected, "{reference:?}");
        }
        assert_eq!(joined("https://a", "y"), "https://a/y");
        assert_eq!(joined("https://a?b", "y"), "https://a/y");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(same_origin("https://A/b", "https://a/c?d"));
        for other in ["http://a/b", "https://a:444/b", "https://b/", "/b"] {
            assert!(!same_origin("https://a/b", other), "{other}");
        }
    }
}
