//! The shape of a task that may be started.

use serde_json::{Value, json};
use toml::de::DeValue;

use super::{
    decode::{At, Decode, Source, wrong_kind},
    problem::Problem,
    table::table,
    values::Many,
};

/// A name alone, or one with all that can be said about it.
#[derive(Debug, Clone)]
pub(crate) struct TaskEntry(pub(crate) RawTaskGrant);

impl Decode for TaskEntry {
    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "string" }, RawTaskGrant::schema()] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        match source.get_ref() {
            DeValue::String(_) => {
                let task = At::decode(source, key, problems);
                Some(Self(RawTaskGrant { task, ..RawTaskGrant::default() }))
            }
            DeValue::Table(_) => RawTaskGrant::decode(source, key, problems).map(Self),
            _ => {
                let help = "a task's name, or `{ task = \"load\", limit = 500 }`";
                wrong_kind(source, key, help, problems);
                None
            }
        }
    }
}

table! {
    /// A task that another one may start.
    RawTaskGrant {
        /// Its name.
        task: String,
        /// The most runs of it that may be under way or wait when another one is added.
        /// Default: 10_000; at most 1_000_000.
        limit: Many,
    }
}
