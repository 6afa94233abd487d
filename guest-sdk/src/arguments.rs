//! From the configuration's JSON to a task function's own type.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;

use crate::plugin::Failure;

/// What a task function can take as its arguments.
#[diagnostic::on_unimplemented(
    message = "a task can't take `{Self}` as its arguments",
    label = "this type can't be read from the configuration",
    note = "write `#[args]` above the type, or derive `Deserialize` and `JsonSchema` for it"
)]
pub trait Arguments: DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> Arguments for T {}

/// Decodes the arguments of a function that takes some.
///
/// Where the configuration gives none, they are `null`, or else an object without
/// any keys: so a struct whose fields are all optional needs no configuration.
pub fn arguments<T: Arguments>(json: &str) -> Result<T, Failure> {
    if json.trim() == "null"
        && let Ok(args) = decode("null")
    {
        return Ok(args);
    }
    let json = if json.trim() == "null" { "{}" } else { json };
    decode(json).map_err(|reason| Failure::permanent(format!("the arguments don't fit: {reason}")))
}

/// Refuses arguments for a function that takes none.
///
/// By spelling: a JSON parser would double the size of the smallest plugins.
pub fn no_arguments(json: &str) -> Result<(), Failure> {
    let bare: String = json.split_ascii_whitespace().collect();
    match bare.as_str() {
        "null" | "{}" => Ok(()),
        _ => Err(Failure::permanent(
            "the task function takes no arguments, but was given some".to_owned(),
        )),
    }
}

/// The JSON Schema (draft 2020-12) of a function's arguments.
pub fn schema<T: Arguments>() -> String {
    let generator = SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<T>().as_value().to_string()
}

fn decode<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let args = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // At the top the path is a lone dot, which would tell nobody anything.
        match error.path().to_string() {
            path if path == "." => error.inner().to_string(),
            path => format!("`{path}`: {}", error.inner()),
        }
    })?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(args)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;
    use crate::plugin::FailureKind;

    #[crate::args]
    #[derive(PartialEq)]
    struct Depth {
        #[serde(default)]
        depth: u8,
    }

    #[test]
    fn nothing_is_null_or_an_empty_object() {
        assert_eq!(arguments("null"), Ok(Depth { depth: 0 }));
        assert_eq!(arguments("{}"), Ok(Depth { depth: 0 }));
        assert_eq!(arguments::<Option<u8>>("null"), Ok(None));
        assert_eq!(arguments::<Value>("null"), Ok(Value::Null));
    }

    #[test]
    fn a_misfit_is_permanent_and_names_its_place() {
        type Nested = BTreeMap<String, Vec<Depth>>;
        let misfit = |json| arguments::<Nested>(json).expect_err(json);

        let failure = misfit(r#"{"a": [{"depth": 1}, {"depth": 300}]}"#);
        assert_eq!(failure.kind, FailureKind::Permanent);
        assert_eq!(
            failure.message,
            "the arguments don't fit: `a[1].depth`: invalid value: integer `300`, \
             expected u8 at line 1 column 34"
        );
        let failure = misfit(r#"{"a": [{"dept": 1}]}"#);
        assert!(failure.message.contains("unknown field `dept`, expected `depth`"), "{failure}");
        assert!(misfit("[]").message.contains("invalid type"));
        assert!(misfit("{} {}").message.contains("trailing characters"));
    }

    #[test]
    fn arguments_that_nobody_takes_are_refused() {
        assert_eq!(no_arguments("null"), Ok(()));
        assert_eq!(no_arguments(" { }\n"), Ok(()));
        assert_eq!(no_arguments("3").unwrap_err().kind, FailureKind::Permanent);
        assert!(no_arguments(r#"{"a": 1}"#).is_err());
    }
}
