//! Tasks that templates and `for_each` make: in all verbs as if they had been written by hand.

use std::fs;

use e2e::Workspace;
use serde_json::{Value, json};

/// Two tasks of four lines.
const FAMILY: &str = r#"
[template.family]
plugin = "unruly"
function = "echo"
schedule = { manual = true }
vars = { word = { type = "string" }, times = { type = "integer", default = 3 } }
args = { text = "${word}, ${times} times", name = "${each}" }

[task.family]
extends = "family"
for_each = { one = { word = "hello" }, two = { word = "bye", times = 1 } }

[task.single]
plugin = "noop"
schedule = { manual = true }
"#;

fn names(tasks: &Value) -> Vec<&str> {
    tasks.as_array().unwrap().iter().map(|task| task["task"].as_str().unwrap()).collect()
}

#[test]
fn what_a_template_makes_runs_like_any_other_task() {
    let workspace = Workspace::new(FAMILY);
    let ran = workspace.run(&["check"]).succeeded();
    assert_eq!(ran.stdout, "horarium.toml is sound: 3 tasks, 2 plugins\n");
    let mut host = workspace.serve(&[]);
    assert_eq!(host.event("tasks")["count"], 3);
    let tasks = workspace.run(&["tasks", "--json"]).succeeded().json();
    assert_eq!(names(&tasks), ["family-one", "family-two", "single"]);
    let _ = workspace.run(&["trigger", "family-two"]).succeeded();
    assert_eq!(host.over("family-two")["verdict"], "succeeded");
    let _ = workspace.run(&["trigger", "family"]).failed().says(&["there is no task `family`"]);
    let _ = host.stop().succeeded();
    let output = &workspace.runs("family-two")[0]["output"];
    assert_eq!(output["args"], json!({ "text": "bye, 1 times", "name": "two" }), "{output}");
}

#[test]
fn a_reload_changes_what_the_template_changes_and_nothing_else() {
    let workspace = Workspace::new(FAMILY);
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let reloaded = |text: &str| {
        workspace.configure(text);
        let changes = workspace.run(&["reload", "--json"]).succeeded().json();
        ["added", "changed", "removed"].map(|kind| changes[kind].clone())
    };
    // A default that one of the two does not use.
    let default = FAMILY.replace("default = 3", "default = 4");
    assert_eq!(reloaded(&default), [json!([]), json!(["family-one"]), json!([])]);
    let text = default.replace("times\"", "times.\"");
    assert_eq!(reloaded(&text), [json!([]), json!(["family-one", "family-two"]), json!([])]);
    // The same in other words is no change.
    let expanded = workspace.run(&["tasks", "--expanded"]).succeeded().stdout;
    assert_eq!(reloaded(&expanded), [json!([]), json!([]), json!([])]);
    let third = text.replace("for_each = { ", "for_each = { three = { word = \"hm\" }, ");
    let third = third.replace("two = { word = \"bye\", times = 1 }", "");
    let changes = [json!(["family-three"]), json!([]), json!(["family-two"])];
    assert_eq!(reloaded(&third.replace(", }", " }")), changes);
    // What is no configuration changes nothing.
    workspace.configure(&text.replace("extends = \"family\"", "extends = \"familiy\""));
    let ran = workspace.run(&["reload"]).failed();
    let _ = ran.says(&["there is no template `familiy`", "did you mean `family`?"]);
    let _ = host.stop().succeeded();
}

#[test]
fn tasks_are_printed_as_if_they_were_written_by_hand() {
    let workspace = Workspace::new(FAMILY);
    let printed = workspace.run(&["tasks", "--expanded"]).succeeded().stdout;
    assert_eq!(
        printed,
        r#"[task.family-one]
plugin = "unruly"
function = "echo"
schedule = { manual = true }
args = { text = "hello, 3 times", name = "one" }

[task.family-two]
plugin = "unruly"
function = "echo"
schedule = { manual = true }
args = { text = "bye, 1 times", name = "two" }

[task.single]
plugin = "noop"
schedule = { manual = true }
"#
    );
    let json = workspace.run(&["tasks", "--expanded", "--json"]).succeeded().json();
    let read: Value = toml::from_str(&printed).unwrap();
    assert_eq!(json, read);
    let tasks = workspace.run(&["tasks", "--json"]).succeeded().stdout;
    workspace.configure(&printed);
    let _ = workspace.run(&["check"]).succeeded();
    assert_eq!(workspace.run(&["tasks", "--json"]).succeeded().stdout, tasks);

    // Of what is not here, and of what is no configuration, there is nothing to print.
    let elsewhere = ["tasks", "--expanded", "--host", "http://127.0.0.1:1"];
    let _ = workspace.run(&elsewhere).failed().says(&["leave --host"]);
    workspace.configure("task.a.extends = \"b\"");
    let ran = workspace.run(&["tasks", "--expanded"]).failed();
    assert_eq!(ran.stdout, "");
    let _ = ran.says(&["there is no template `b`"]);
}

#[test]
fn a_secret_is_printed_by_its_name() {
    let workspace = Workspace::new(
        r#"
        [template.t]
        plugin = "noop"
        schedule = { manual = true }
        vars.key = { type = "string" }
        grants.env = { KEY = { from_env = "${key}" } }
        [task.t]
        extends = "t"
        for_each = { a = { key = "HUNTER" } }
        "#,
    );
    let ran = workspace.run_with(&["tasks", "--expanded"], &[("HUNTER", "hunter2-hunter2")]);
    let printed = ran.succeeded().stdout;
    assert!(printed.contains("from_env = \"HUNTER\"") && !printed.contains("hunter2"), "{printed}");
}

#[test]
fn a_mistake_is_shown_in_the_templates_line() {
    let wrong = FAMILY.replace("{ manual = true }\nvars", "{ every = \"soon\" }\nvars");
    let workspace = Workspace::new(&wrong.replace("times = 1", "times = \"once\", tmes = 1"));
    let shown = workspace.run(&["check"]).failed().stderr;
    let lines: Vec<_> = shown.lines().map(str::trim_end).collect();
    for line in [
        "  × task.family-one.schedule.every: \"soon\" is not a length of time (and in 1",
        "  × task.family.for_each.two.times: this is a text",
        "  × task.family.for_each.two.tmes: template `family` has no variable `tmes`",
        " 7 │ schedule = { every = \"soon\" }",
        "  help: did you mean `times`?",
    ] {
        assert!(lines.contains(&line), "{line} is missing in\n{shown}");
    }
}

#[test]
fn the_readmes_example_is_one() {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("### Many alike tasks\n").unwrap();
    let (_, example) = section.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let workspace = Workspace::new(example);
    fs::copy(workspace.path("plugins/noop.wasm"), workspace.path("plugins/sync.wasm")).unwrap();
    // The plugin here takes no arguments.
    let printed = workspace.run(&["tasks", "--expanded"]).succeeded().stdout;
    let lines = [
        "[task.sync-eu]",
        "args = { region = \"eu-west-1\", depth = 3 }",
        "[task.sync-us]",
        "args = { region = \"us-east-1\", depth = 9 }",
    ];
    let printed: Vec<_> = printed.lines().filter(|line| lines.contains(line)).collect();
    assert_eq!(printed, lines);
}
