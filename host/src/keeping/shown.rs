//! How a value is told: as text where it is some, without the secrets that are known.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use horarium_core::redact::Redactor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the bytes of a value are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Encoding {
    /// As the text that they are.
    #[default]
    Text,
    /// As base64: they are no UTF-8.
    Base64,
}

/// A value, fit to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) value: String,
    pub(crate) encoding: Encoding,
    /// Secrets stood in it, and their names stand there instead.
    pub(crate) redacted: bool,
}

impl Shown {
    pub(crate) fn of(value: &[u8], redactors: &[Redactor]) -> Self {
        let text = String::from_utf8_lossy(value);
        let clean = redactors
            .iter()
            .fold(text.clone(), |text, redactor| Cow::Owned(redactor.redact(&text).into_owned()));
        let redacted = clean != text;
        match std::str::from_utf8(value) {
            Err(_) if !redacted => {
                Self { value: STANDARD.encode(value), encoding: Encoding::Base64, redacted }
            }
            _ => Self { value: clean.into_owned(), encoding: Encoding::Text, redacted },
        }
    }
}

/// The bytes of a value that was written so; none where it is no such text.
pub(crate) fn bytes_of(value: String, encoding: Encoding) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Text => Some(value.into_bytes()),
        Encoding::Base64 => STANDARD.decode(value.trim()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redactors() -> Vec<Redactor> {
        vec![Redactor::default(), Redactor::new([("TOKEN", "hunter2-hunter2")])]
    }

    #[test]
    fn secrets_are_named_whatever_is_around_them() {
        let shown = Shown::of(br#"{"token":"hunter2-hunter2"}"#, &redactors());
        let value = r#"{"token":"[redacted TOKEN]"}"#.to_owned();
        assert_eq!(shown, Shown { value, encoding: Encoding::Text, redacted: true });
        let shown = Shown::of(b"\xffhunter2-hunter2\xff", &redactors());
        assert_eq!(shown.value, "\u{fffd}[redacted TOKEN]\u{fffd}");
        assert!(shown.redacted && shown.encoding == Encoding::Text);
    }

    #[test]
    fn what_is_no_base64_is_no_value() {
        assert_eq!(bytes_of("a".to_owned(), Encoding::Base64), None);
        assert_eq!(bytes_of("AP8=\n".to_owned(), Encoding::Base64), Some(vec![0, 0xff]));
    }

    proptest! {
        #[test]
        fn what_is_told_is_what_is_kept(value in prop::collection::vec(any::<u8>(), 0..20)) {
            let Shown { value: told, encoding, redacted } = Shown::of(&value, &redactors());
            prop_assert!(!redacted);
            prop_assert_eq!(bytes_of(told, encoding), Some(value));
        }
    }
}
