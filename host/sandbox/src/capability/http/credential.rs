//! A credential on its way out, and kept from coming back.

use horarium_core::net::http::{Credential, Place};
use http::{HeaderMap, HeaderName, HeaderValue};
use wasmtime_wasi_http::Error;

/// What the guest sees in a secret's place.
const HIDDEN: &str = "***";

/// Puts a credential into its header, if that is its place. Whatever the guest had
/// there is gone.
pub(super) fn put(credential: &Credential, headers: &mut HeaderMap) -> Result<(), Error> {
    let Place::Header(name) = credential.place() else {
        return Ok(());
    };
    // Both were checked when the grant was made.
    let name = HeaderName::try_from(name).map_err(|_| Error::ConfigurationError)?;
    let value = HeaderValue::try_from(credential.sent().reveal());
    let mut value = value.map_err(|_| Error::ConfigurationError)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// Takes a credential out of the headers of a response. Servers that redirect like
/// to repeat the query, and a guest that follows would carry it elsewhere.
pub(super) fn scrub(credential: &Credential, headers: &mut HeaderMap) {
    let secret = credential.value().reveal().as_bytes();
    for value in headers.values_mut() {
        if let Some(clean) = without(value.as_bytes(), secret) {
            // What was a value is one with asterisks in it.
            *value = HeaderValue::try_from(clean).unwrap_or(HeaderValue::from_static(HIDDEN));
        }
    }
}

/// The text with something hidden in it; none where it isn't in there.
fn without(text: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let mut clean = Vec::new();
    let mut rest = text;
    let mut found = false;
    while let Some((first, tail)) = rest.split_first() {
        if let Some(after) = after(rest, secret) {
            clean.extend_from_slice(HIDDEN.as_bytes());
            rest = after;
            found = true;
        } else {
            clean.push(*first);
            rest = tail;
        }
    }
    found.then_some(clean)
}

/// What follows the secret, where the text begins with it: as it is, or with any of
/// its characters encoded, as a query may have them.
fn after<'a>(text: &'a [u8], secret: &[u8]) -> Option<&'a [u8]> {
    let encoded = |rest: &'a [u8], wanted: &u8| match rest {
        [b'%', high, low, tail @ ..] if digits(*high, *low) == Some(*wanted) => Some(tail),
        [b'+', tail @ ..] if *wanted == b' ' => Some(tail),
        [first, tail @ ..] if first == wanted => Some(tail),
        _ => None,
    };
    text.strip_prefix(secret).or_else(|| secret.iter().try_fold(text, encoded))
}

fn digits(high: u8, low: u8) -> Option<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(value(high)? << 4 | value(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_however_it_is_encoded() {
        let clean = |text: &str| {
            let clean = without(text.as_bytes(), b"a+b% c");
            clean.map(|clean| String::from_utf8(clean).unwrap())
        };
        for text in ["a+b% c", "a%2Bb%25+c", "%61%2bb%25%20c", "a+b%25 c"] {
            assert_eq!(clean(&format!("x={text}&y")).as_deref(), Some("x=***&y"), "{text}");
        }
        assert_eq!(clean("a+b% ca%2bb% c").as_deref(), Some("******"));
        for other in ["", "a", "a b% c", "a+b%2 c", "a+b%", "%"] {
            assert_eq!(clean(other), None, "{other}");
        }
    }
}
