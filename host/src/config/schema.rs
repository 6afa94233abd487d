//! The JSON Schema of the configuration, for editors.

use serde_json::{Value, json};

use super::{decode::Decode, raw::RawConfig};

/// The schema. Editors that know JSON Schema for TOML complete and check with it.
pub(crate) fn schema() -> Value {
    let mut schema = RawConfig::schema();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("horarium.toml");
    schema
}
