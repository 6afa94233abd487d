//! The methods of a grant.

use std::{fmt, str::FromStr};

/// A method, as it stands in the request line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method(String);

/// Why a text is no method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MethodError {
    /// Not a token, or not in capitals.
    #[error("{0:?} is no method; they are written in capitals, such as `GET` or `POST`")]
    Unknown(String),
    /// `CONNECT` opens a tunnel that nobody looks into, `TRACE` shows the sender
    /// what was sent, a credential included.
    #[error("`{0}` can't be granted")]
    Never(String),
}

/// Methods that a grant allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Methods(Vec<Method>);

impl Methods {
    /// These methods. `HEAD` goes with `GET`: it asks for less of the same.
    #[must_use]
    pub fn new(methods: Vec<Method>) -> Self {
        Self(methods)
    }

    /// Whether a request with this method is allowed. Methods have case.
    #[must_use]
    pub fn allow(&self, method: &str) -> bool {
        let listed = |method: &str| self.0.iter().any(|own| own.0 == method);
        listed(method) || method == "HEAD" && listed("GET")
    }

    /// Whether all that `other` allows is allowed.
    #[must_use]
    pub fn cover(&self, other: &Self) -> bool {
        other.0.iter().all(|method| self.allow(&method.0))
    }
}

/// Only looking: what a grant that says nothing allows.
impl Default for Methods {
    fn default() -> Self {
        Self(vec![Method("GET".to_owned())])
    }
}

impl Method {
    /// The longest method, in bytes.
    pub const LONGEST: usize = 32;
}

impl FromStr for Method {
    type Err = MethodError;

    fn from_str(text: &str) -> Result<Self, MethodError> {
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte == b'-';
        if text.is_empty() || text.len() > Self::LONGEST || !text.bytes().all(capital) {
            return Err(MethodError::Unknown(text.to_owned()));
        }
        if ["CONNECT", "TRACE"].contains(&text) {
            return Err(MethodError::Never(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, method) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{method}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_look_may_look_at_less() {
        let looking = Methods::default();
        assert!(looking.allow("GET") && looking.allow("HEAD"));
        for other in ["POST", "DELETE", "get", "OPTIONS", ""] {
            assert!(!looking.allow(other), "{other}");
        }
        let writing = Methods::new(vec!["POST".parse().unwrap(), "PROPFIND".parse().unwrap()]);
        assert!(writing.allow("POST") && writing.allow("PROPFIND"));
        assert!(!writing.allow("GET") && !writing.allow("HEAD"));
        assert_eq!(writing.to_string(), "POST, PROPFIND");
    }

    #[test]
    fn what_is_no_method_says_why() {
        for text in ["", "get", "G ET", "GET\r\n", "*", &"A".repeat(33)] {
            assert!(matches!(text.parse::<Method>(), Err(MethodError::Unknown(_))), "{text}");
        }
        for text in ["CONNECT", "TRACE"] {
            assert!(matches!(text.parse::<Method>(), Err(MethodError::Never(_))), "{text}");
        }
    }
}
