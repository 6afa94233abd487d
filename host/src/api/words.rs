//! What libraries say of a request, in words of our own.

/// What begins with this is known from where it stands.
const QUERY: &str = "Failed to deserialize query string: ";

/// What a library says, and what it means.
const MEANINGS: [(&str, &str); 9] = [
    ("invalid digit found in string", "it is a whole number, such as 20"),
    ("cannot parse integer from empty string", "it is a whole number, such as 20"),
    ("number too large to fit in target type", "the number is too large"),
    ("number too small to fit in target type", "the number is too small"),
    ("provided string was not `true` or `false`", "it is `true` or `false`"),
    ("expected u32", "expected a whole number from 0"),
    ("expected u64", "expected a whole number from 0"),
    ("expected i8", "expected a number from -100 to 100"),
    ("expected i64", "expected a whole number"),
];

/// Says the same so that whoever sent the request can mend it.
pub(super) fn plain(said: &str) -> String {
    let said = said.strip_prefix(QUERY).unwrap_or(said).to_owned();
    MEANINGS.iter().fold(said, |said, (theirs, ours)| said.replace(theirs, ours))
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what can't be read matters")]
    struct Wanted {
        limit: Option<u32>,
        open: Option<bool>,
        priority: Option<i8>,
    }

    #[test]
    fn nobody_has_to_know_what_this_is_written_in() {
        for (query, told) in [
            ("limit=x", "limit: it is a whole number, such as 20"),
            ("limit=", "limit: it is a whole number, such as 20"),
            ("limit=4294967296", "limit: the number is too large"),
            ("open=yes", "open: it is `true` or `false`"),
        ] {
            let uri = format!("/?{query}").parse().unwrap();
            let refused = Query::<Wanted>::try_from_uri(&uri).unwrap_err();
            assert_eq!(plain(&refused.body_text()), told);
        }
        let refused = serde_json::from_str::<Wanted>("{\"priority\":300}").unwrap_err();
        let told = plain(&refused.to_string());
        assert!(told.contains("expected a number from -100 to 100"), "{told}");
    }
}
