//! What a token looks like, and what is kept of it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What each token begins with, so that people and programs that look for leaked secrets
/// know one.
const PREFIX: &str = "hor_";

/// A token: whoever shows it may do what it stands for. Printed once, when it is made.
pub(crate) struct Token {
    id: TokenId,
    secret: [u8; 32],
}

/// The half of a token by which people speak of it: 8 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct TokenId([u8; 4]);

/// What is kept of a token's secret: its SHA-256. The secret has 256 random bits, so that
/// nobody can guess it, however fast that hash is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct SecretHash([u8; 32]);

/// It is not what tokens look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no token; one looks like `hor_0123abcd_…`")]
pub(crate) struct NoToken;

impl Token {
    /// One that nobody has seen before.
    ///
    /// # Errors
    /// Where the system has no random bytes.
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let (mut id, mut secret) = ([0; 4], [0; 32]);
        getrandom::fill(&mut id)?;
        getrandom::fill(&mut secret)?;
        Ok(Self { id: TokenId(id), secret })
    }

    pub(super) const fn id(&self) -> TokenId {
        self.id
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> SecretHash {
        SecretHash::of(&self.secret)
    }

    /// All of it. Only who makes it gets to see it.
    pub(super) fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, hex(&self.secret))
    }
}

impl FromStr for Token {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let (id, secret) =
            text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).ok_or(NoToken)?;
        Ok(Self { id: id.parse()?, secret: unhex(secret).ok_or(NoToken)? })
    }
}

/// Without its secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, …)", self.id)
    }
}

impl SecretHash {
    pub(super) fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether both are of the same secret, in a time that does not tell where they differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for TokenId {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        unhex(text).map(Self).ok_or(NoToken)
    }
}

impl TryFrom<String> for TokenId {
    type Error = NoToken;

    fn try_from(text: String) -> Result<Self, NoToken> {
        text.parse()
    }
}

impl From<TokenId> for String {
    fn from(id: TokenId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for SecretHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        unhex(&text).map(Self).ok_or("a hash has 64 hexadecimal digits")
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        hex(&hash.0)
    }
}

/// In hexadecimal digits, lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Back again. There is one way to write a value.
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_printed() {
        let token = Token::random().unwrap();
        let text = token.reveal();
        let read: Token = text.parse().unwrap();
        assert_eq!(read.id(), token.id());
        assert!(read.hash().is(&token.hash()));
        assert!(!Token::random().unwrap().hash().is(&token.hash()));
        let (_, secret) = text.rsplit_once('_').unwrap();
        assert!(!format!("{token:?}").contains(secret));
    }

    #[test]
    fn anything_else_is_no_token() {
        let good = format!("hor_0123abcd_{}", "0f".repeat(32));
        assert!(good.parse::<Token>().is_ok());
        for bad in [
            "",
            "hor_",
            "hor_0123abcd",
            "hor_0123abcd_",
            &good[1..],
            &good[..good.len() - 1],
            &format!("{good}0"),
            &good.to_uppercase(),
            &good.replace("0f", "0F"),
            &good.replace('_', "-"),
            &good.replace("0123abcd", "0123abc"),
            &good.replace("0f0f0f", "0f0f\u{e9}"),
        ] {
            assert!(bad.parse::<Token>().is_err(), "{bad}");
        }
    }
}
