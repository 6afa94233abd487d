//! Whether a guest's text is JSON that everybody can read.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Checks a text without keeping anything of it.
///
/// # Errors
/// Where it is not JSON, or is nested deeper than parsers usually go (128 levels,
/// `serde_json`'s own limit): whoever reads it later would fail, or overflow its stack.
pub(crate) fn check(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<Anything>(text).map(drop)
}

/// A value of which nothing is kept. `IgnoredAny` goes to any depth; this one goes
/// as deep as the parser allows for values that are kept.
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Anything {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<IgnoredAny, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_can_read_is_json() {
        for text in ["null", "true", "-1", "1.5e300", r#""\u0000""#, r#"{"a": [1, {"b": null}]}"#] {
            assert!(check(text).is_ok(), "{text}");
        }
        for text in ["", "{", "[1,]", "1 2", "nan", r#"{"a"}"#, "{1: 2}"] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_has_an_end_and_length_has_none() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(check(&nested(100)).is_ok());
        assert!(check(&nested(1_000)).is_err());
        assert!(check(&nested(100_000)).is_err());
        assert!(check(&format!("[{}0]", "0,".repeat(100_000))).is_ok());
    }
}
