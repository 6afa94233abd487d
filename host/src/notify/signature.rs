//! What shows that a request comes from this host, and when it was made.
//!
//! As <https://www.standardwebhooks.com> has it, so that there are libraries to check it
//! with: an HMAC-SHA256 over the id, the time and the body.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use horarium_core::grants::Secret;
use jiff::Timestamp;
use sha2::Sha256;

/// What a secret begins with that holds a key as Base64.
const PREFIX: &str = "whsec_";

/// The key that a secret stands for; none where it claims to be Base64, and is not.
pub(crate) fn key(secret: &str) -> Option<Vec<u8>> {
    match secret.strip_prefix(PREFIX) {
        Some(encoded) => BASE64_STANDARD.decode(encoded).ok().filter(|key| !key.is_empty()),
        None => Some(secret.as_bytes().to_vec()),
    }
}

/// The signature of a request, for its `webhook-signature` header.
pub(super) fn sign(secret: &Secret, id: &str, at: Timestamp, body: &str) -> String {
    let key = key(secret.reveal()).unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length will do");
    for part in [id, ".", &at.as_second().to_string(), ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_own_example() {
        // From the reference libraries of Standard Webhooks.
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let signature =
            sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_a_key_as_it_is_or_as_base64() {
        assert_eq!(key("hunter2").unwrap(), b"hunter2");
        assert_eq!(key("whsec_aHVudGVyMg==").unwrap(), b"hunter2");
        assert_eq!(key("whsec_"), None);
        assert_eq!(key("whsec_no base64"), None);
    }
}
