//! The types of variables.

use std::time::Duration;

use serde_json::{Value, json};
use toml::de::DeValue;

use super::super::{
    decode::{Decode, Source, wrong_kind},
    problem::Problem,
    values::{Json, Number, words, wrong},
};

/// What a variable's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Integer,
    Float,
    Boolean,
    /// A text such as `"5m"`.
    Duration,
    List,
    Table,
}

words!(Kind:
    "string" => Self::String,
    "integer" => Self::Integer,
    "float" => Self::Float,
    "boolean" => Self::Boolean,
    "duration" => Self::Duration,
    "list" => Self::List,
    "table" => Self::Table,
);

impl Kind {
    /// The word for it, after its article.
    pub(super) const fn named(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Float => "a float",
            Self::Boolean => "a boolean",
            Self::Duration => "a duration",
            Self::List => "a list",
            Self::Table => "a table",
        }
    }

    /// Whether a value can be a part of a text.
    pub(super) const fn is_scalar(self) -> bool {
        !matches!(self, Self::List | Self::Table)
    }

    /// Whether a value is one of these; if not, says what is wrong with it.
    pub(super) fn is_met(
        self,
        source: &Source<'_>,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> bool {
        let wanted = match (self, source.get_ref()) {
            (Self::String, _) => return String::decode(source, key, problems).is_some(),
            (Self::Float, _) => return Number::decode(source, key, problems).is_some(),
            (Self::Boolean, _) => return bool::decode(source, key, problems).is_some(),
            (Self::Duration, _) => return Duration::decode(source, key, problems).is_some(),
            // It has a range.
            (Self::Integer, DeValue::Integer(_)) => {
                return Json::decode(source, key, problems).is_some();
            }
            (Self::List, DeValue::Array(_)) | (Self::Table, DeValue::Table(_)) => return true,
            (Self::Integer, _) => "a whole number",
            (Self::List, _) => "a list, `[…]`",
            (Self::Table, _) => "a table, `{ … }`",
        };
        wrong_kind(source, key, wanted, problems);
        false
    }
}
