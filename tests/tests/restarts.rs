//! Plugins that decide themselves what follows a failed attempt.

use e2e::{Serving, Workspace};
use serde_json::{Value, json};

/// By its policy, nothing follows within an hour.
const CLIMB: &str = r#"
[defaults]
retry = { max_attempts = 3, delay = "1h", jitter = 0.0 }
[template.on]
plugin = "sdk-probe"
function = "climb_on"
[task.climb]
extends = "on"
[task.hasty]
extends = "on"
timeout = "2s"
[task.frugal]
extends = "on"
fuel = 200_000_000
[task.single]
extends = "on"
retry = { max_attempts = 1 }
[task.policy]
plugin = "sdk-probe"
function = "climb"
retry = { max_attempts = 2, delay = "0s" }
"#;

fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(CLIMB);
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

fn trigger(workspace: &Workspace, task: &str, args: &Value) {
    let _ = workspace.run(&["trigger", task, "--args", &args.to_string()]).succeeded();
}

/// Has a task run with these arguments; how it ended, after how many attempts.
fn run(workspace: &Workspace, host: &mut Serving, task: &str, args: &Value) -> (String, u64) {
    trigger(workspace, task, args);
    host.over(task);
    let run = workspace.runs(task).pop().unwrap();
    (run["state"].as_str().unwrap().to_owned(), run["attempts"].as_u64().unwrap())
}

fn log(workspace: &Workspace, task: &str) -> String {
    workspace.run(&["logs", task]).succeeded().stdout
}

#[test]
fn a_plugin_gives_up_or_goes_on_at_once() {
    let (workspace, mut host) = host();
    let mut climb = |short: Value, to: u32| {
        let args = json!({ "to": to, "steps": 2, "short": short });
        run(&workspace, &mut host, "climb", &args)
    };
    assert_eq!(climb(json!({ "Say": "hopeless" }), 9), ("failed".to_owned(), 1));
    let told = log(&workspace, "climb");
    assert!(told.contains("Failed of attempt 1"), "{told}");
    assert!(told.contains("`on-failure` has decided: no further attempt"), "{told}");

    assert_eq!(climb(json!({ "Say": "at once" }), 6), ("succeeded".to_owned(), 3));
    assert!(log(&workspace, "climb").contains("`on-failure` has decided: another attempt at once"));
    assert_eq!(climb(json!({ "Say": "at once" }), 9), ("failed".to_owned(), 3), "never more");
    // What it says while it decides is the log's; what it would write is nothing's.
    assert_eq!(climb(json!({ "Say": "write" }), 9), ("failed".to_owned(), 1));
    let told = log(&workspace, "climb");
    assert!(told.contains("there is no attempt that could save a checkpoint"), "{told}");
    let kept = workspace.run(&["state", "list", "climb"]).succeeded();
    assert!(!kept.stdout.contains("decided"), "{}", kept.stdout);
    let _ = host.stop().succeeded();
}

#[test]
fn it_hears_of_every_kind_of_end() {
    let (workspace, mut host) = host();
    let args = |short: &str| json!({ "to": 4, "steps": 2, "short": short });
    let twice = ("succeeded".to_owned(), 2);
    assert_eq!(run(&workspace, &mut host, "hasty", &args("Sleep")), twice);
    assert_eq!(run(&workspace, &mut host, "frugal", &args("Spin")), twice);
    assert_eq!(run(&workspace, &mut host, "climb", &args("Panic")), twice);
    for (task, how) in [("hasty", "TimedOut"), ("frugal", "OutOfFuel"), ("climb", "Trapped")] {
        let told = log(&workspace, task);
        assert!(told.contains(&format!("{how} of attempt 1")), "{told}");
    }
    let _ = host.stop().succeeded();
}

#[test]
fn who_does_not_decide_leaves_it_to_the_policy() {
    let (workspace, mut host) = host();
    let args = |short: Value| json!({ "to": 9, "steps": 2, "short": short });
    for (word, end) in [("spin", "`on-failure` ended with "), ("panic", "undecided")] {
        trigger(&workspace, "climb", &args(json!({ "Say": word })));
        host.of("climb", "ended");
        let waits = workspace.runs("climb").pop().unwrap();
        assert_eq!((&waits["state"], &waits["attempts"]), (&json!("retry_wait"), &json!(1)));
        let told = log(&workspace, "climb");
        assert!(told.contains("the retry policy decides"), "{told}");
        assert!(told.contains(end), "{told}");
        let _ = workspace.run(&["cancel", &waits["run"].to_string()]).succeeded();
    }
    // Nobody is asked where nothing would follow.
    let over = ("failed".to_owned(), 1);
    assert_eq!(run(&workspace, &mut host, "single", &args(json!("Fail"))), over);
    assert!(!log(&workspace, "single").contains("of attempt 1"));
    assert_eq!(run(&workspace, &mut host, "climb", &args(json!("GiveUp"))), over);
    assert!(!log(&workspace, "climb").contains("of attempt 1"));
    let by_policy = ("failed".to_owned(), 2);
    assert_eq!(run(&workspace, &mut host, "policy", &args(json!("Fail"))), by_policy);
    let _ = host.stop().succeeded();
}

#[test]
fn a_plugin_says_what_it_decides_for() {
    let workspace = Workspace::new(CLIMB);
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    let shown = workspace.run(&["inspect", "plugins/sdk-probe.wasm", "--json"]).succeeded().json();
    let functions = shown["functions"].as_array().unwrap();
    let function = |name: &str| functions.iter().find(|it| it["name"] == name).unwrap();
    let decides = |name: &str| function(name)["decides"].clone();
    assert_eq!((decides("climb_on"), decides("climb")), (json!(true), Value::Null));
    let shown = workspace.run(&["inspect", "plugins/sdk-probe.wasm"]).succeeded();
    assert!(shown.stdout.contains("decides about its own restarts"), "{}", shown.stdout);
}
