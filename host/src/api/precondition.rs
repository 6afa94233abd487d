//! `If-Match` and `If-None-Match`, as RFC 9110 has them: a change is made only if what it
//! changes is as whoever asks has seen it.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use horarium_core::effects::Version;

use super::problem::Problem;

/// The ETag of what has this version.
pub(super) fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Whether a request has a condition.
///
/// # Errors
/// Where the condition does not hold of what has this version now, or of nothing.
pub(super) fn check(headers: &HeaderMap, now: Option<Version>) -> Result<bool, Problem> {
    let matched = names(headers, &header::IF_MATCH, now);
    let unmatched = names(headers, &header::IF_NONE_MATCH, now);
    match (matched, unmatched) {
        (Some(false), _) | (_, Some(true)) => Err(failed(now)),
        (matched, unmatched) => Ok(matched.or(unmatched).is_some()),
    }
}

/// It is not as it was seen.
pub(super) fn failed(now: Option<Version>) -> Problem {
    let now = match now {
        Some(Version(version)) => format!("it has version {version} now"),
        None => "there is no such key now".to_owned(),
    };
    let detail = format!("somebody has changed it meanwhile: {now}; nothing was done");
    Problem::new(StatusCode::PRECONDITION_FAILED, detail)
}

/// Whether a header names this version; none where there is no such header. A weak tag, and
/// what is none, names nothing.
fn names(headers: &HeaderMap, name: &HeaderName, now: Option<Version>) -> Option<bool> {
    let mut lines = headers.get_all(name).iter().peekable();
    lines.peek()?;
    let wanted = now.map(|Version(version)| etag(version));
    Some(lines.filter_map(|line| line.to_str().ok()).any(|line| match line.trim() {
        "*" => now.is_some(),
        tags => tags.split(',').any(|tag| Some(tag.trim()) == wanted.as_deref()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(HeaderName, &'static str)], now: Option<u64>) -> Option<bool> {
        let pairs = pairs.iter().cloned();
        let headers = pairs.map(|(name, value)| (name, value.parse().unwrap())).collect();
        check(&headers, now.map(Version)).ok()
    }

    #[test]
    fn a_condition_holds_or_nothing_is_done() {
        let matches = |value| [(header::IF_MATCH, value)];
        let matches_not = |value| [(header::IF_NONE_MATCH, value)];
        assert_eq!(asked(&[], Some(3)), Some(false));
        for value in ["\"3\"", "*", "\"2\", \"3\""] {
            assert_eq!(asked(&matches(value), Some(3)), Some(true), "{value}");
            assert_eq!(asked(&matches(value), None), None, "{value}");
            assert_eq!(asked(&matches_not(value), Some(3)), None, "{value}");
            assert_eq!(asked(&matches_not(value), None), Some(true), "{value}");
        }
        for value in ["\"2\"", "3", "W/\"3\"", "", "\"3"] {
            assert_eq!(asked(&matches(value), Some(3)), None, "{value}");
            assert_eq!(asked(&matches_not(value), Some(3)), Some(true), "{value}");
        }
    }

    #[test]
    fn who_comes_too_late_hears_of_what_is_there() {
        assert!(failed(Some(Version(7))).detail().contains("version 7"));
        assert!(failed(None).detail().contains("no such key"));
    }
}
