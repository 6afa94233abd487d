//! What `#[task]` makes of functions of every shape, seen as the host sees it.

use std::time::Duration;

use horarium_sdk::{
    Context, TaskError, anyhow,
    plugin::{self, Description, FailureKind, Outcome},
    restart::{Failed, How, Restart},
    serde::Serialize,
    serde_json::{self, Value, json},
    task,
};

mod nested {
    use horarium_sdk::prelude::*;

    /// Lives in a module.
    #[task]
    pub(crate) fn in_a_module(context: &Context) -> String {
        context.task().to_owned()
    }
}

#[task]
fn unit() {}

#[task(on_failure = nested_decision::decide)]
fn undecided() {}

mod nested_decision {
    use horarium_sdk::restart::{Failed, How, Restart};

    pub(crate) fn decide(failed: &Failed) -> Restart {
        match failed.how() {
            How::Trapped => Restart::Never,
            _ => Restart::After(failed.ran_for()),
        }
    }
}

#[test]
fn who_decides_is_asked() {
    assert_eq!(plugin::deciding(), ["undecided"]);
    let failed = |task: &str, how| {
        let context = Context::for_test(task).build();
        Failed::for_test(context, how, "why").ran(Duration::from_secs(3))
    };
    let after = Restart::After(Duration::from_secs(3));
    assert_eq!(plugin::decide(&failed("undecided", How::TimedOut)), after);
    assert_eq!(plugin::decide(&failed("undecided", How::Trapped)), Restart::Never);
    assert_eq!(plugin::decide(&failed("unit", How::Trapped)), Restart::ByPolicy);
}

/// Takes its context
/// by value.
///
/// At length.
#[task(name = "renamed-task", max_attempts = 2)]
fn by_value(context: Context) -> u32 {
    context.attempt()
}

#[task]
fn by_path(context: &horarium_sdk::Context, _: Option<u8>) -> Result<String, TaskError> {
    Ok(context.run_id().to_owned())
}

#[task]
#[expect(clippy::needless_lifetimes, reason = "a named lifetime is what is tested")]
fn with_lifetime<'a>(context: &'a Context) -> anyhow::Result<&'a str> {
    Ok(context.function())
}

#[task]
fn elided(context: &Context) -> anyhow::Result<&str> {
    Ok(context.function())
}

#[task]
fn opaque(depth: u8) -> Result<impl Serialize, TaskError> {
    Ok(vec![depth; 2])
}

/// Hides a `Result` from whoever reads the spelling only.
type Verdict = Result<u8, TaskError>;

#[task]
fn aliased(fails: bool) -> Verdict {
    if fails {
        return Err(TaskError::permanent("as told"));
    }
    Ok(1)
}

#[task]
fn r#match(Point(x, mut y): Point) -> i32 {
    y += x;
    y
}

/// A pair that is an array in JSON.
#[horarium_sdk::args]
struct Point(i32, i32);

// Names that the expansion itself might use.
#[task]
fn args(args: u8) -> u8 {
    args
}

#[task]
fn context(context: &Context) -> u32 {
    context.max_attempts()
}

#[task]
fn json(json: Value) -> Value {
    json
}

#[task]
#[cfg(target_family = "wasm")]
fn left_out() {}

fn run(function: &str, args: &str) -> Outcome {
    let context = Context::for_test("a-task").function(function).build();
    plugin::run(&context, args)
}

fn output(function: &str, args: &str) -> Value {
    let json = run(function, args).expect(function);
    let json = json.as_deref().unwrap_or("null");
    serde_json::from_str(json).expect(json)
}

fn description(name: &str) -> Description {
    let mut functions = plugin::functions();
    functions.retain(|function| function.name == name);
    functions.remove(0)
}

#[test]
fn every_function_is_listed_once_and_by_name() {
    let functions = plugin::functions();
    let names: Vec<_> = functions.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "aliased",
            "args",
            "by_path",
            "context",
            "elided",
            "in_a_module",
            "json",
            "match",
            "opaque",
            "renamed-task",
            "undecided",
            "unit",
            "with_lifetime",
        ]
    );
}

#[test]
fn descriptions_say_what_the_author_said() {
    let renamed = description("renamed-task");
    assert_eq!(renamed.summary, "Takes its context by value.");
    assert_eq!(renamed.defaults.as_deref(), Some(r#"{"retry":{"max_attempts":2}}"#));
    assert_eq!(renamed.args_schema, None);

    let unit = description("unit");
    assert_eq!((unit.summary.as_str(), unit.defaults), ("", None));
}

#[test]
fn schemas_describe_the_arguments() {
    let schema = description("match").args_schema.unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["type"], "array");
    assert_eq!(schema["description"], "A pair that is an array in JSON.");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn functions_of_every_shape_run() {
    assert_eq!(output("unit", "null"), Value::Null);
    assert_eq!(output("renamed-task", "{}"), json!(1));
    assert_eq!(output("by_path", "7"), json!("test-run"));
    assert_eq!(output("by_path", "null"), json!("test-run"));
    assert_eq!(output("with_lifetime", "null"), json!("with_lifetime"));
    assert_eq!(output("elided", "null"), json!("elided"));
    assert_eq!(output("in_a_module", "null"), json!("a-task"));
    assert_eq!(output("opaque", "3"), json!([3, 3]));
    assert_eq!(output("match", "[1, 2]"), json!(3));
    assert_eq!(output("args", "9"), json!(9));
    assert_eq!(output("context", "null"), json!(1));
    assert_eq!(output("json", r#"{"a": null}"#), json!({ "a": null }));
}

#[test]
fn an_aliased_result_is_a_result() {
    assert_eq!(output("aliased", "false"), json!(1));
    let failure = run("aliased", "true").unwrap_err();
    assert_eq!(failure.kind, FailureKind::Permanent);
    assert_eq!(failure.to_string(), "as told");
}

#[test]
fn wrong_arguments_are_a_permanent_failure() {
    for (function, args) in [("unit", "1"), ("args", "256"), ("args", "null"), ("args", "{")] {
        let failure = run(function, args).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Permanent, "{function} {args}");
    }
}

#[test]
fn an_unknown_function_is_a_permanent_failure() {
    let failure = run("left_out", "null").unwrap_err();
    assert_eq!(failure.kind, FailureKind::Permanent);
    assert!(
        failure
            .message
            .starts_with("this plugin has no task function `left_out`, it has `aliased`, `args`")
    );
}

#[test]
fn functions_stay_what_they_were() {
    assert_eq!(r#match(Point(1, 2)), 3);
    assert_eq!(args(1), 1);
    assert!(aliased(true).is_err());
}
