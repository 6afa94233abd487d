//! Reading values, gathering what is wrong instead of stopping at it.

use std::{collections::BTreeMap, ops::Range};

use serde_json::{Value, json};
use toml::de::DeValue;

use super::{problem::Problem, shape};

/// A TOML value with its place.
pub(super) type Source<'i> = toml::Spanned<DeValue<'i>>;

/// A value that remembers where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
    /// The key's path.
    pub(crate) key: String,
}

impl<T> At<T> {
    /// What is wrong with it.
    pub(crate) fn problem(&self, message: impl Into<String>, help: Option<String>) -> Problem {
        Problem {
            span: self.span.clone(),
            key: self.key.clone(),
            message: message.into(),
            help,
            absent: false,
        }
    }

    /// Counts its place from an earlier beginning, which lies so many bytes before.
    pub(super) fn shift(&mut self, by: usize) {
        self.span = self.span.start + by..self.span.end + by;
    }

    pub(crate) fn map<U>(&self, map: impl FnOnce(&T) -> U) -> At<U> {
        At { value: map(&self.value), span: self.span.clone(), key: self.key.clone() }
    }
}

/// Something that a configuration can hold.
pub(super) trait Decode: Sized {
    /// Its JSON Schema.
    fn schema() -> Value;

    /// Reads it; where it is wrong, adds to `problems`, and gives none where
    /// nothing useful can be made of it.
    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self>;
}

/// Says that a value is of the wrong kind.
pub(super) fn wrong_kind(
    source: &Source<'_>,
    key: &str,
    wanted: &str,
    problems: &mut Vec<Problem>,
) {
    problems.push(Problem {
        span: source.span(),
        key: key.to_owned(),
        message: format!("this is {}", kind(source.get_ref())),
        help: Some(format!("write {wanted}")),
        absent: false,
    });
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<T: Decode> Decode for At<T> {
    fn schema() -> Value {
        T::schema()
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let value = T::decode(source, key, problems)?;
        Some(Self { value, span: source.span(), key: key.to_owned() })
    }
}

impl Decode for String {
    fn schema() -> Value {
        json!({ "type": "string" })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let text = source.get_ref().as_str();
        if text.is_none() {
            wrong_kind(source, key, "a text in quotes", problems);
        }
        text.map(str::to_owned)
    }
}

impl Decode for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let value = source.get_ref().as_bool();
        if value.is_none() {
            wrong_kind(source, key, "`true` or `false`", problems);
        }
        value
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let Some(items) = source.get_ref().as_array() else {
            wrong_kind(source, key, &list_of::<T>(source, key), problems);
            return None;
        };
        let items = items.iter().enumerate();
        Some(
            items
                .filter_map(|(n, item)| T::decode(item, &format!("{key}[{n}]"), problems))
                .collect(),
        )
    }
}

/// What to write where a list was wanted: with the value in it, where it would do as an item.
fn list_of<T: Decode>(source: &Source<'_>, key: &str) -> String {
    let mut problems = Vec::new();
    let is_item = T::decode(source, key, &mut problems).is_some() && problems.is_empty();
    let name = key.rsplit('.').next().unwrap_or(key);
    match shape::literal(source.get_ref()).filter(|_| is_item) {
        Some(item) => format!("a list, `{name} = [{item}]`"),
        None => "a list, `[…]`".to_owned(),
    }
}

/// A table whose keys the operator chooses.
impl<T: Decode> Decode for BTreeMap<String, At<T>> {
    fn schema() -> Value {
        json!({ "type": "object", "additionalProperties": T::schema() })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let Some(table) = source.get_ref().as_table() else {
            wrong_kind(source, key, &shape::table(key, source.get_ref()), problems);
            return None;
        };
        let mut map = Self::new();
        for (name, value) in table {
            let path = join(key, name.get_ref());
            if let Some(decoded) = T::decode(value, &path, problems) {
                // The place of the name says more than that of all that is below it.
                let at = At { value: decoded, span: name.span(), key: path };
                map.insert(name.get_ref().to_string(), at);
            }
        }
        Some(map)
    }
}

/// A key below another one.
pub(super) fn join(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}
