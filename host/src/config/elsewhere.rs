//! Values that need not stand in the configuration itself.

use horarium_core::grants::Visibility;
use serde_json::{Value, json};
use toml::de::DeValue;

use super::{
    decode::{At, Decode, Source, wrong_kind},
    problem::Problem,
    table::table,
    values::wrong,
};

/// The value of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EnvValue {
    /// Written in the configuration.
    Plain(String),
    /// Taken from the host's own environment.
    FromEnv(At<String>, Visibility),
    /// The content of a file.
    FromFile(At<String>, Visibility),
}

impl Eq for At<String> {}

table! {
    /// A value that is not written in the configuration.
    RawElsewhere {
        /// The variable of the host's own environment that holds it.
        from_env: String,
        /// The file that holds it. One line break at its end is left out.
        from_file: String,
        /// Whether it is kept out of everything that the guest says. Default: `true`.
        secret: bool,
    }
}

impl Decode for EnvValue {
    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "string" }, RawElsewhere::schema()] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        const HELP: &str = "a text, `{ from_env = \"NAME\" }` or `{ from_file = \"PATH\" }`";
        match source.get_ref() {
            DeValue::String(text) => Some(Self::Plain(text.to_string())),
            DeValue::Table(_) => {
                let before = problems.len();
                let raw = RawElsewhere::decode(source, key, problems)?;
                let visibility = match raw.secret {
                    Some(At { value: false, .. }) => Visibility::Plain,
                    _ => Visibility::Secret,
                };
                match (raw.from_env, raw.from_file) {
                    (Some(name), None) => Some(Self::FromEnv(name, visibility)),
                    (None, Some(path)) => Some(Self::FromFile(path, visibility)),
                    (Some(_), Some(_)) => {
                        let message = "from_env and from_file exclude each other".to_owned();
                        wrong(source, key, message, "keep one of them", problems);
                        None
                    }
                    (None, None) => {
                        // A key that could not be read is a problem already.
                        if problems.len() == before {
                            let message = "it says nowhere what the value is".to_owned();
                            let help = "add `from_env = \"NAME\"` or `from_file = \"PATH\"`";
                            wrong(source, key, message, help, problems);
                        }
                        None
                    }
                }
            }
            _ => {
                wrong_kind(source, key, HELP, problems);
                None
            }
        }
    }
}

/// What a guest reads from its standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StdinValue {
    /// This text.
    Text(String),
    /// The content of a file.
    FromFile(At<String>),
}

table! {
    /// A standard input that is not written in the configuration.
    RawStdin {
        /// The file, read when an attempt starts.
        from_file: String,
    }
}

impl Decode for StdinValue {
    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "string" }, RawStdin::schema()] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        const HELP: &str = "a text, or `{ from_file = \"PATH\" }`";
        match source.get_ref() {
            DeValue::String(text) => Some(Self::Text(text.to_string())),
            DeValue::Table(_) => {
                let before = problems.len();
                let raw = RawStdin::decode(source, key, problems)?;
                if raw.from_file.is_none() && problems.len() == before {
                    let message = "it says nowhere what there is to read".to_owned();
                    wrong(source, key, message, "add `from_file = \"PATH\"`", problems);
                }
                raw.from_file.map(Self::FromFile)
            }
            _ => {
                wrong_kind(source, key, HELP, problems);
                None
            }
        }
    }
}
