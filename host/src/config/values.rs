//! The kinds of values that keys take.

use std::{net::SocketAddr, num::NonZeroU32, time::Duration};

use horarium_core::{
    chain::On,
    instance::InstancePolicy,
    limits::Fuel,
    rules::{MOST_PRIORITY, OnLost},
    store::Durability,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use toml::de::DeValue;

use super::{
    decode::{Decode, Source, join, wrong_kind},
    problem::Problem,
};
use crate::written::{self, Misread};

/// Pushes a problem with a value that is of the right kind.
pub(super) fn wrong(
    source: &Source<'_>,
    key: &str,
    message: String,
    help: &str,
    problems: &mut Vec<Problem>,
) {
    problems.push(Problem {
        span: source.span(),
        key: key.to_owned(),
        message,
        help: Some(help.to_owned()),
        absent: false,
    });
}

/// Says what is wrong with a text, and what would be right.
fn misread(source: &Source<'_>, key: &str, text: &str, why: &Misread, problems: &mut Vec<Problem>) {
    wrong(source, key, why.message(text), &why.in_quotes(), problems);
}

impl Decode for Duration {
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["500ms", "30s", "1h30m", "90d"] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        const HELP: &str =
            "a length of time with its unit, such as `\"500ms\"`, `\"30s\"` or `\"1h30m\"`";
        let value = source.get_ref();
        let Some(text) = value.as_str() else {
            let help = match value {
                DeValue::Integer(count)
                    if count.radix() == 10 && !count.as_str().starts_with('-') =>
                {
                    let count = count.as_str();
                    format!(
                        "its unit as well, such as `\"{count}s\"`, `\"{count}m\"` or `\"{count}h\"`"
                    )
                }
                _ => HELP.to_owned(),
            };
            wrong_kind(source, key, &help, problems);
            return None;
        };
        written::length(text).map_err(|why| misread(source, key, text, &why, problems)).ok()
    }
}

impl Decode for Timestamp {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date-time", "examples": ["2026-12-01T03:00:00Z"] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        const HELP: &str = "an instant with its offset, such as `\"2026-12-01T03:00:00Z\"`";
        let text = match source.get_ref() {
            DeValue::String(text) => text.to_string(),
            // TOML's own date-times need no quotes.
            DeValue::Datetime(at) => at.to_string(),
            _ => {
                wrong_kind(source, key, HELP, problems);
                return None;
            }
        };
        written::instant(&text).map_err(|why| misread(source, key, &text, &why, problems)).ok()
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl Decode for Bytes {
    fn schema() -> Value {
        json!({
            "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0 }],
            "examples": ["64MiB", 65536]
        })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        const HELP: &str = "a number of bytes, such as `\"64MiB\"` or `65536`";
        match source.get_ref() {
            DeValue::String(text) => written::bytes(text)
                .map(Self)
                .map_err(|why| misread(source, key, text, &why, problems))
                .ok(),
            DeValue::Integer(_) => whole(source, key, HELP, problems).map(Self),
            _ => {
                wrong_kind(source, key, HELP, problems);
                None
            }
        }
    }
}

impl Decode for Fuel {
    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, { "const": "unlimited" }] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        const HELP: &str = "a number of units such as `1_000_000_000`, or `\"unlimited\"`";
        match source.get_ref() {
            DeValue::Integer(_) => match whole(source, key, HELP, problems)? {
                0 => {
                    let message = "no guest can do anything without fuel".to_owned();
                    wrong(source, key, message, &format!("write {HELP}"), problems);
                    None
                }
                units => Some(Self::Limited(units)),
            },
            DeValue::String(text) if text == "unlimited" => Some(Self::Unlimited),
            _ => {
                wrong_kind(source, key, HELP, problems);
                None
            }
        }
    }
}

/// A whole number that is not negative.
fn whole(source: &Source<'_>, key: &str, help: &str, problems: &mut Vec<Problem>) -> Option<u64> {
    let Some(number) = source.get_ref().as_integer() else {
        wrong_kind(source, key, help, problems);
        return None;
    };
    match u64::from_str_radix(number.as_str(), number.radix()) {
        // What the store can keep; far beyond anything meant.
        Ok(value) if i64::try_from(value).is_ok() => Some(value),
        _ => {
            let message = format!("{number} is out of range");
            wrong(source, key, message, &format!("write {help}"), problems);
            None
        }
    }
}

/// How many of something; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u32);

impl Count {
    /// More than anybody means.
    const MOST: u32 = 100_000;
}

impl Decode for Count {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let help = format!("a whole number from 1 to {}", Self::MOST);
        let value = whole(source, key, &help, problems)?;
        match u32::try_from(value) {
            Ok(count @ 1..=Self::MOST) => Some(Self(count)),
            _ => {
                let message = format!("{value} is out of range");
                wrong(source, key, message, &format!("write {help}"), problems);
                None
            }
        }
    }
}

/// How many of something, however many; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Many(pub(crate) u64);

impl Decode for Many {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1 })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        const HELP: &str = "a whole number, at least 1";
        match whole(source, key, HELP, problems)? {
            0 => {
                wrong(
                    source,
                    key,
                    "0 is out of range".to_owned(),
                    &format!("write {HELP}"),
                    problems,
                );
                None
            }
            many => Some(Self(many)),
        }
    }
}

/// Which of two goes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Priority(pub(crate) i8);

impl Decode for Priority {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": -MOST_PRIORITY, "maximum": MOST_PRIORITY })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let help = format!("a whole number from -{MOST_PRIORITY} to {MOST_PRIORITY}");
        let DeValue::Integer(number) = source.get_ref() else {
            wrong_kind(source, key, &help, problems);
            return None;
        };
        match i8::from_str_radix(number.as_str(), number.radix()) {
            Ok(priority) if (-MOST_PRIORITY..=MOST_PRIORITY).contains(&priority) => {
                Some(Self(priority))
            }
            _ => {
                let message = format!("{number} is out of range");
                wrong(source, key, message, &format!("write {help}"), problems);
                None
            }
        }
    }
}

/// A number that may have a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Number(pub(crate) f64);

impl Decode for Number {
    fn schema() -> Value {
        json!({ "type": "number" })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let text = match source.get_ref() {
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            _ => {
                wrong_kind(source, key, "a number such as `1.5`", problems);
                return None;
            }
        };
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Some(Self(value)),
            _ => {
                let message = format!("{text} is not a number one can count with");
                wrong(source, key, message, "write a number such as `1.5`", problems);
                None
            }
        }
    }
}

impl Decode for SocketAddr {
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["127.0.0.1:7878", "[::1]:7878"] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let text = String::decode(source, key, problems)?;
        written::address(&text).map_err(|why| misread(source, key, &text, &why, problems)).ok()
    }
}

/// One of a few words.
macro_rules! words {
    ($ty:ty: $($word:literal => $value:expr),+ $(,)?) => {
        impl Decode for $ty {
            fn schema() -> Value {
                json!({ "enum": [$($word),+] })
            }

            fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
                const WORDS: &[&str] = &[$($word),+];
                let text = String::decode(source, key, problems)?;
                match text.as_str() {
                    $($word => Some($value),)+
                    other => {
                        let message = format!("{other:?} is not one of the words for this");
                        wrong(source, key, message, &$crate::config::table::meant(other, WORDS), problems);
                        None
                    }
                }
            }
        }
    };
}

pub(super) use words;

/// What happens to what is due while the last run is not over, in a word. What more
/// there is to it has keys of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum OverlapWord {
    #[default]
    Skip,
    QueueOne,
    QueueAll,
    CancelPrevious,
    Allow,
}

words!(OverlapWord:
    "skip" => Self::Skip,
    "queue_one" => Self::QueueOne,
    "queue_all" => Self::QueueAll,
    "cancel_previous" => Self::CancelPrevious,
    "allow" => Self::Allow,
);

/// What happens to what was due while no host ran, in a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum MisfireWord {
    Skip,
    #[default]
    Latest,
    All,
}

words!(MisfireWord: "skip" => Self::Skip, "latest" => Self::Latest, "all" => Self::All);
words!(Durability: "full" => Self::Full, "normal" => Self::Normal);
words!(On: "success" => Self::Success, "failure" => Self::Failure, "always" => Self::Always);
words!(OnLost: "retry" => Self::Retry, "fail" => Self::Fail);
words!(horarium_core::grants::DirAccess:
    "read-only" => Self::ReadOnly,
    "read-write" => Self::ReadWrite,
);
words!(horarium_core::grants::BucketAccess:
    "read-only" => Self::ReadOnly,
    "read-write" => Self::ReadWrite,
);
words!(horarium_core::grants::Clocks:
    "coarse" => Self::Coarse,
    "exact" => Self::Exact,
);

impl Decode for InstancePolicy {
    fn schema() -> Value {
        json!({ "anyOf": [{ "enum": ["fresh"] }, RawReuse::schema()] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        const HELP: &str = "`\"fresh\"`, or `{ reuse = 1000 }`";
        match source.get_ref() {
            DeValue::String(text) if text == "fresh" => Some(Self::Fresh),
            DeValue::Table(_) => {
                let Some(reuse) = RawReuse::decode(source, key, problems)?.reuse else {
                    let message = "it says nowhere how often".to_owned();
                    wrong(source, key, message, &format!("write {HELP}"), problems);
                    return None;
                };
                // A count is never zero.
                NonZeroU32::new(reuse.value.0).map(Self::Reuse)
            }
            _ => {
                wrong_kind(source, key, HELP, problems);
                None
            }
        }
    }
}

super::table::table! {
    /// An instance that is kept.
    RawReuse {
        /// Successful runs of the same task that it is kept for.
        reuse: Count,
    }
}

/// Any value, as JSON: arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Json(pub(crate) Value);

impl Decode for Json {
    fn schema() -> Value {
        json!({})
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let value = match source.get_ref() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(value) => Value::from(*value),
            DeValue::Datetime(at) => Value::from(at.to_string()),
            DeValue::Integer(number) => {
                // Beyond `i64` no two readers of JSON agree.
                let Ok(value) = i64::from_str_radix(number.as_str(), number.radix()) else {
                    let message = format!("{number} is out of range");
                    wrong(source, key, message, "write a smaller number, or a text", problems);
                    return None;
                };
                Value::from(value)
            }
            DeValue::Float(_) => Value::from(Number::decode(source, key, problems)?.0),
            DeValue::Array(_) => {
                let items = Vec::<Self>::decode(source, key, problems)?;
                items.into_iter().map(|item| item.0).collect()
            }
            DeValue::Table(table) => table
                .iter()
                .filter_map(|(name, value)| {
                    let value = Self::decode(value, &join(key, name.get_ref()), problems)?;
                    Some((name.get_ref().to_string(), value.0))
                })
                .collect(),
        };
        Some(Self(value))
    }
}
