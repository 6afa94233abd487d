//! Credentials that the host itself puts into a request.

use url::form_urlencoded;

use crate::{grants::Secret, net::Target};

/// A secret that goes along with the requests of one grant, and that the guest
/// never holds.
///
/// What the guest itself puts in the same place is replaced by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    place: Place,
    prefix: String,
    value: Secret,
}

/// Where in a request a credential goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The header of this name, in lower case.
    Header(String),
    /// The parameter of this name in the query.
    Query(String),
}

/// Why a credential can't be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Not a header's name.
    #[error("{0:?} is no header's name, such as `Authorization`")]
    Header(String),
    /// A header that belongs to the connection.
    #[error("the header `{0}` is the connection's own")]
    Reserved(String),
    /// A parameter without a name.
    #[error("a parameter needs a name, such as `api_key`")]
    Query,
    /// Nothing to send.
    #[error("the credential is empty")]
    Empty,
    /// A header can't hold it. Its text is nobody's business.
    #[error("the credential has characters that no header can hold, such as a line break")]
    Value,
}

/// Headers that neither a guest nor a grant sets.
///
/// Those of the connection (RFC 9110, 7.6.1), since whoever sets them decides where
/// a message ends or whom it is for; and those by which servers, and what stands in
/// front of them, take a request for another one than it was checked as.
const RESERVED: [&str; 16] = [
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// Whether a header, in lower case, is neither the guest's nor a grant's to set.
#[must_use]
pub fn is_reserved_header(name: &str) -> bool {
    RESERVED.contains(&name)
}

impl Credential {
    /// One that goes into a header, behind `prefix` (such as `Bearer `).
    ///
    /// # Errors
    /// Where there is no such header, or it can't hold the value.
    pub fn header(name: &str, prefix: &str, value: Secret) -> Result<Self, CredentialError> {
        let name = name.to_ascii_lowercase();
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(CredentialError::Header(name));
        }
        // The length is the guest's, who knows it.
        if is_reserved_header(&name) || name == "content-length" {
            return Err(CredentialError::Reserved(name));
        }
        let plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        if !prefix.bytes().chain(value.reveal().bytes()).all(plain) {
            return Err(CredentialError::Value);
        }
        Self::new(Place::Header(name), prefix, value)
    }

    /// One that goes into a parameter of the query.
    ///
    /// # Errors
    /// Where the name or the value is empty.
    pub fn query(name: &str, value: Secret) -> Result<Self, CredentialError> {
        if name.is_empty() {
            return Err(CredentialError::Query);
        }
        Self::new(Place::Query(name.to_owned()), "", value)
    }

    fn new(place: Place, prefix: &str, value: Secret) -> Result<Self, CredentialError> {
        if value.reveal().is_empty() {
            return Err(CredentialError::Empty);
        }
        Ok(Self { place, prefix: prefix.to_owned(), value })
    }

    /// Where it goes.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What a header says, the prefix included.
    #[must_use]
    pub fn sent(&self) -> Secret {
        Secret::new(format!("{}{}", self.prefix, self.value.reveal()))
    }

    /// The secret itself, to be kept from logs and from the guest.
    #[must_use]
    pub fn value(&self) -> &Secret {
        &self.value
    }

    /// The target with the credential in its query, if that is its place.
    #[must_use]
    pub fn added_to(&self, target: &Target) -> Target {
        let Place::Query(name) = &self.place else {
            return target.clone();
        };
        let own = |pair: &&str| key(pair) != *name;
        let mut query = String::new();
        for pair in target.query().into_iter().flat_map(|query| query.split('&')).filter(own) {
            query.push_str(pair);
            query.push('&');
        }
        query.push_str(&format!("{}={}", encode(name), encode(self.value.reveal())));
        target.clone().with_query(Some(&query))
    }
}

/// The name in a pair `name=value` of a query, decoded.
fn key(pair: &str) -> String {
    let decoded = form_urlencoded::parse(pair.as_bytes()).next();
    decoded.map_or_else(String::new, |(name, _)| name.into_owned())
}

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new("hunter2 & friends")
    }

    #[test]
    fn a_header_holds_what_a_header_can_hold() {
        let good = Credential::header("Authorization", "Bearer ", Secret::new("abc")).unwrap();
        assert_eq!(good.place(), &Place::Header("authorization".to_owned()));
        assert_eq!(good.sent().reveal(), "Bearer abc");
        for (name, value, expected) in [
            ("X Y", "v", CredentialError::Header("x y".to_owned())),
            ("", "v", CredentialError::Header(String::new())),
            ("Host", "v", CredentialError::Reserved("host".to_owned())),
            ("Content-Length", "7", CredentialError::Reserved("content-length".to_owned())),
            ("x-key", "", CredentialError::Empty),
            ("x-key", "a\r\nb: c", CredentialError::Value),
            ("x-key", "hünter2", CredentialError::Value),
        ] {
            let reason = Credential::header(name, "", Secret::new(value)).unwrap_err();
            assert_eq!(reason, expected);
            assert!(value.is_empty() || !reason.to_string().contains(value));
        }
    }

    #[test]
    fn what_the_guest_put_in_the_place_is_replaced() {
        let credential = Credential::query("api key", secret()).unwrap();
        let sent = "api+key=hunter2+%26+friends";
        for (query, expected) in [
            ("", sent.to_owned()),
            ("?", format!("&{sent}")),
            ("?a=%20b&c", format!("a=%20b&c&{sent}")),
            ("?api+key=mine&a=1&api%20key", format!("a=1&{sent}")),
            ("?%61pi%20key=mine", sent.to_owned()),
        ] {
            let target: Target = format!("https://api.example.com/v1{query}").parse().unwrap();
            let target = credential.added_to(&target);
            assert_eq!(target.path_and_query(), format!("/v1?{expected}"), "{query}");
            let again: Target = target.url().parse().unwrap();
            assert_eq!(credential.added_to(&again), target, "once is enough");
        }
    }

    #[test]
    fn a_credential_does_not_print() {
        let credential = Credential::query("api_key", secret()).unwrap();
        assert!(!format!("{credential:?}").contains("hunter2"));
        assert_eq!(credential.value().reveal(), "hunter2 & friends");
    }
}
