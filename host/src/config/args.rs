//! The arguments of a function, and what fits them.

use horarium_core::{
    function::{FunctionKind, TaskFunction},
    text::escape,
};
use jsonschema::{PatternOptions, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value};

use super::complexity::{self, Author};

/// The largest pattern of a schema, compiled, in bytes.
const PATTERN: usize = 256 << 10;

/// How many misfits are told.
const MOST: usize = 10;

/// What a function takes.
pub(crate) struct Arguments {
    function: String,
    takes: Takes,
}

enum Takes {
    Nothing,
    /// What the schema says; a list, where it is a program.
    Schema {
        list: bool,
        schema: Schema,
    },
}

enum Schema {
    /// It can't be checked in time: that is left to the plugin, which reads its own arguments
    /// anyway.
    Endless,
    /// It is none, and why.
    Broken(String),
    Sound(Box<Validator>),
}

impl Arguments {
    /// Reads a function's schema.
    pub(crate) fn of(function: &TaskFunction) -> Self {
        let takes = match &function.args_schema {
            None => Takes::Nothing,
            Some(schema) => Takes::Schema {
                list: function.kind == FunctionKind::Command,
                schema: Schema::of(&schema.value(), function.kind),
            },
        };
        Self { function: function.name.clone(), takes }
    }

    /// Where arguments don't fit.
    pub(crate) fn misfits(&self, args: &Value) -> Vec<String> {
        self.misfits_before(args, None)
    }

    /// The same where one of them comes later.
    pub(crate) fn misfits_before(&self, args: &Value, later: Option<&str>) -> Vec<String> {
        match &self.takes {
            Takes::Nothing if later.is_some() => {
                vec![format!("`{}` takes no arguments, and so no `input`", self.function)]
            }
            Takes::Schema { list: true, .. } if later.is_some() => {
                vec!["a program takes a list of arguments, and so no `input`".to_owned()]
            }
            Takes::Nothing if args.is_null() => Vec::new(),
            Takes::Nothing => vec![format!("`{}` takes no arguments", self.function)],
            Takes::Schema { list: true, .. } if !(args.is_array() || args.is_null()) => {
                vec!["a program takes a list of arguments, such as `[\"-v\", 3]`".to_owned()]
            }
            Takes::Schema { schema: Schema::Endless, .. } => Vec::new(),
            Takes::Schema { schema: Schema::Broken(reason), .. } => {
                vec![format!("the schema of `{}` can't be used: {reason}", self.function)]
            }
            Takes::Schema { schema: Schema::Sound(validator), .. } => {
                misfits(validator, args, later)
            }
        }
    }
}

impl Schema {
    fn of(schema: &Value, kind: FunctionKind) -> Self {
        let author = match kind {
            FunctionKind::Task => Author::Plugin,
            FunctionKind::Command | FunctionKind::Export => Author::Host,
        };
        if !complexity::is_bounded(schema, author) {
            return Self::Endless;
        }
        // Patterns come from the plugin: only such as match in linear time.
        let patterns = PatternOptions::regex().size_limit(PATTERN).dfa_size_limit(PATTERN);
        match jsonschema::options().with_pattern_options(patterns).build(schema) {
            Ok(validator) => Self::Sound(Box::new(validator)),
            Err(reason) => Self::Broken(escape(&reason.to_string())),
        }
    }
}

fn misfits(validator: &Validator, args: &Value, later: Option<&str>) -> Vec<String> {
    // A function whose every argument may be left out takes none as well.
    let empty = Value::Object(Map::new());
    if args.is_null() && !validator.is_valid(args) && validator.is_valid(&empty) {
        return Vec::new();
    }
    let args = match (args, later) {
        (Value::Null, Some(_)) => &empty,
        (args, _) => args,
    };
    let comes = |error: &ValidationError<'_>| {
        let ValidationErrorKind::Required { property } = error.kind() else { return false };
        later.is_some_and(|later| property == later) && error.instance_path().as_str().is_empty()
    };
    let errors = validator.iter_errors(args).filter(|error| !comes(error)).take(MOST);
    errors
        .map(|error| match error.instance_path().as_str() {
            "" => escape(&error.to_string()),
            path => escape(&format!("at {path}: {error}")),
        })
        .collect()
}
