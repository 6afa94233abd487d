//! What the host reads from others, open to be fed with anything. Not an API.

use std::path::Path;

use horarium_core::{
    function::{FunctionKind, TaskFunction},
    json::Json,
};
use serde_json::Value;

use crate::config::{Arguments, Problems, load, suggestions};

/// Checks a configuration and renders all that is wrong with it.
pub fn config(text: &str) {
    let (file, dir) = (Path::new("horarium.toml"), Path::new("/nowhere"));
    let (config, problems) = load::parse(file, dir, text);
    // However small the pieces are, they say what the whole says.
    if let Some(pieces) = load::parse_in_pieces(1, file, dir, text) {
        assert_eq!(problems, []);
        assert_eq!(format!("{pieces:?}"), format!("{config:?}"));
    }
    render(&config.problems(problems));
}

/// Checks arguments against a function's own schema.
pub fn arguments(schema: Value, arguments: &Value) {
    fits(&function(Some(schema), None), arguments);
}

/// Whether arguments fit a function, as `horarium check` has it.
pub fn fits(function: &TaskFunction, arguments: &Value) -> bool {
    let misfits = Arguments::of(function).misfits(arguments);
    for misfit in &misfits {
        assert!(!misfit.contains(is_escape), "{misfit:?} reaches a terminal");
    }
    misfits.is_empty()
}

/// Reads what a plugin suggests.
pub fn suggested(defaults: Value) {
    if let Err(problems) = suggestions::of(&function(None, Some(defaults))) {
        render(&problems);
    }
}

fn function(args_schema: Option<Value>, defaults: Option<Value>) -> TaskFunction {
    TaskFunction {
        name: "fuzzed".to_owned(),
        alias: None,
        kind: FunctionKind::Task,
        summary: String::new(),
        args_schema: args_schema.map(Json::from),
        defaults,
    }
}

/// Whether a terminal would do something about a character other than to show it. A
/// tab is only a wide blank.
#[must_use]
pub fn is_escape(character: char) -> bool {
    character.is_control() && character != '\t'
}

fn render(problems: &Problems) {
    let text = problems.render();
    // Lines and colours are our own.
    let others = |character: char| is_escape(character) && !"\n\u{1b}".contains(character);
    assert!(!text.contains(others), "{text:?} reaches a terminal");
    assert_eq!(problems.to_json().as_array().map_or(0, Vec::len), problems.len());
}
