//! What the host reads from others, open to be fed with anything. Not an API.

use std::path::Path;

use horarium_core::{
    function::{FunctionKind, TaskFunction},
    json::Json,
};
use serde_json::Value;

use crate::config::{Arguments, Config, Problem, Problems, TaskDraft, load, suggestions};

/// Checks a configuration and renders all that is wrong with it.
pub fn config(text: &str) {
    let (file, dir) = (Path::new("horarium.toml"), Path::new("/nowhere"));
    let (config, problems) = load::parse(file, dir, text);
    // However small the pieces are, they say what the whole says.
    if let Some(pieces) = load::parse_in_pieces(1, file, dir, text) {
        assert_eq!(problems, []);
        assert_eq!(format!("{pieces:?}"), format!("{config:?}"));
    }
    if problems.is_empty() {
        expanded(text, &config, |text| load::parse(file, dir, text));
    }
    render(&config.problems(problems));
}

/// What templates make of a configuration without fault is the same when it is written by hand.
fn expanded(text: &str, config: &Config, parse: impl Fn(&str) -> (Config, Vec<Problem>)) {
    let Ok(mut rest) = toml::from_str::<toml::Table>(text) else { return };
    rest.retain(|key, _| key != "task" && key != "template");
    let (Ok(rest), Some(tasks)) = (toml::to_string(&rest), load::print(text)) else { return };
    let written = format!("{rest}\n{}", tasks.toml);
    let (again, problems) = parse(&written);
    assert_eq!(problems, [], "{written}");
    let meanings = |config: &Config| config.tasks.iter().map(meaning).collect::<Vec<_>>();
    assert_eq!(meanings(&again), meanings(config), "{written}");
}

/// All there is to a task, wherever it stands.
fn meaning(task: &TaskDraft) -> String {
    let TaskDraft { name, plugin, function, args, .. } = task;
    let TaskDraft { schedule, limits, retry, rules, instance, grants, .. } = task;
    let (name, plugin) = (&name.value, &plugin.value);
    let function = function.as_ref().map(|at| &at.value);
    let args = args.as_ref().map(|at| &at.value);
    format!(
        "{name} {plugin} {function:?} {args:?} {schedule:?} {limits:?} {retry:?} {rules:?} \
         {instance:?} {grants:?}"
    )
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
        decides: false,
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
