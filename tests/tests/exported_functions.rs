//! Any exported function of any component is a task: its signature is what the
//! configuration is checked against, its result is the verdict.

use e2e::Workspace;
use serde_json::{Value, json};

const LEDGER: &str = r#"ledger = { entries = [
    { day = { year = 2026, month = 11, day = 20 }, account = "rent", amount = 70 },
    { day = { year = 2026, month = 11, day = 21 }, account = "wages", amount = 100, note = "late" },
] }"#;

/// A host with the component `reports`, which knows nothing of Horarium.
fn with_tasks(tasks: &str) -> Workspace {
    let workspace = Workspace::bare();
    workspace.add_plugin("reports", "tests/reports");
    workspace.configure(&format!("defaults.retry.max_attempts = 1\n{tasks}"));
    workspace
}

#[test]
fn a_served_function_returns_or_fails() {
    let workspace = with_tasks(&format!(
        r#"
        [task.summing]
        plugin = "reports"
        function = "acme:reports/daily.rebuild"
        schedule = {{ once = true }}
        [task.summing.args]
        period = {{ since = {{ year = 2026, month = 11, day = 21 }} }}
        order = "amount"
        columns = ["count", "largest"]
        {LEDGER}

        [task.closing]
        plugin = "reports"
        function = "acme:reports/daily@1.2.0.close"
        schedule = {{ once = true }}
        [task.closing.args]
        {LEDGER}

        [task.dating]
        plugin = "reports"
        function = "version"
        schedule = {{ once = true }}
        "#
    ));
    let _ = workspace.run(&["check"]).succeeded();
    let mut host = workspace.serve(&[]);
    host.all_over(&["summing", "closing", "dating"]);
    let _ = host.stop().succeeded();
    let run = |task: &str| workspace.runs(task)[0].clone();
    let summing = run("summing");
    assert_eq!(summing["state"], "succeeded");
    let largest = json!({
        "day": { "year": 2026, "month": 11, "day": 21 },
        "account": "wages", "amount": 100, "note": "late",
    });
    let line = json!({ "account": "wages", "count": 1, "total": null, "largest": largest });
    assert_eq!(summing["output"], json!([line]));
    let said: Vec<_> =
        workspace.log(&summing["run"]).iter().map(|line| line["line"]["message"].clone()).collect();
    assert_eq!(said, ["a ledger of 2 was put away"], "its destructor ran");
    let closing = run("closing");
    assert_eq!(closing["state"], "failed");
    assert_eq!(workspace.attempts(&closing["run"])[0]["error"], "170 cents are left");
    assert_eq!(run("dating")["output"], "0.1.0");
}

/// What `check` says about one task of `reports`, with its arguments on line 7 and
/// its function on line 8.
fn told(function: &str, args: &str) -> Value {
    let workspace = with_tasks(&format!(
        "[task.summing]\nplugin = \"reports\"\nschedule = {{ once = true }}\nargs = {args}\nfunction = \"{function}\"\n"
    ));
    let mut told = workspace.run(&["check", "--json"]).failed().json();
    assert_eq!(told["problems"].as_array().unwrap().len(), 1, "{told}");
    told["problems"][0].take()
}

#[test]
fn what_does_not_fit_a_signature_is_refused_where_it_stands() {
    let before = "acme:reports/daily.day-before";
    for (args, message) in [
        ("{ day = { year = 70_000, month = 1, day = 1 } }", "at /day/year: 70000 is greater than"),
        ("{ day = { year = 2026, month = 1 } }", "at /day: \"day\" is a required property"),
        ("{ day = { year = 2026, month = 1, day = 1.5 } }", "at /day/day: 1.5 is not of type"),
        ("{ day = \"today\" }", "at /day: \"today\" is not of type \"object\""),
        ("{ day = { year = 1, month = 1, day = 1 }, at = 1 }", "('at' was unexpected)"),
    ] {
        let told = told(before, args);
        assert_eq!((&told["key"], &told["line"]), (&json!("task.summing.args"), &json!(7)));
        assert!(told["message"].as_str().unwrap().contains(message), "{told}");
        assert!(told["help"].as_str().unwrap().contains("horarium inspect"), "{told}");
    }
}

#[test]
fn an_unknown_function_is_answered_with_the_one_that_was_meant() {
    let told = told("acme:reports/daily.day-bevore", "{}");
    assert_eq!((&told["key"], &told["line"]), (&json!("task.summing.function"), &json!(8)));
    let message = "plugin `reports` has no task function `acme:reports/daily.day-bevore`";
    assert_eq!(told["message"], message);
    assert_eq!(told["help"], "did you mean `acme:reports/daily.day-before`?");
}

#[test]
fn a_run_in_the_foreground_calls_any_function() {
    let workspace = with_tasks("");
    let run = |function: &str, args: &str| {
        let plugin = ["run", "--json", "--plugin", "plugins/reports.wasm", "--function"];
        workspace.run(&[&plugin[..], &[function, "--args", args]].concat())
    };
    let day = r#"{ "day": { "year": 2000, "month": 3, "day": 1 } }"#;
    let output = run("acme:reports/daily.day-before", day).succeeded().json()["output"].take();
    assert_eq!(output, json!({ "year": 2000, "month": 2, "day": 29 }));
    let method = r#"{ "self": { "entries": [] }, "account": "rent" }"#;
    let found = run("acme:reports/types.ledger.of-account", method).succeeded().json();
    assert_eq!(found["output"], json!([]));
    let wrong = run("acme:reports/daily.day-before", r#"{ "day": 3 }"#).failed();
    let _ = wrong.says(&["the arguments don't fit", "at /day: 3 is not of type \"object\""]);
}

#[test]
fn a_component_is_shown_with_its_signatures_and_what_is_no_task() {
    let workspace = Workspace::bare();
    workspace.add_plugin("exports", "tests/exports");
    let shown = workspace.run(&["inspect", "plugins/exports.wasm", "--json"]).succeeded().json();
    let functions = shown["functions"].as_array().unwrap();
    let add = functions.iter().find(|function| function["name"] == "add").unwrap();
    assert_eq!(
        (&add["kind"], &add["summary"]),
        (&json!("export"), &json!("func(a: u32, b: u32) -> u64"))
    );
    assert_eq!(add["args_schema"]["required"], json!(["a", "b"]));
    let orphan = "it takes the resource `orphan`, which this component has no constructor for";
    let adopt = json!({ "name": "test:exports/unspeakable.adopt", "reason": orphan });
    assert!(shown["uncallable"].as_array().unwrap().contains(&adopt), "{shown}");
    let people = workspace.run(&["inspect", "plugins/exports.wasm"]).succeeded().stdout;
    assert!(people.contains("exported function add\n  func(a: u32, b: u32) -> u64\n"), "{people}");
    assert!(people.contains(orphan), "{people}");
    let call = ["run", "--plugin", "plugins/exports.wasm", "-f", "test:exports/unspeakable.adopt"];
    let _ = workspace.run(&call).failed().says(&["can't be a task", orphan]);
}
