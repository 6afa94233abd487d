//! What the attempts of a run hand on to each other.

use e2e::{
    Serving, Workspace,
    asking::{ask, read, submit},
};
use serde_json::{Value, json};

const CLIMB: &str = r#"
[defaults]
retry = { max_attempts = 3, delay = "0s" }
[task.climb]
plugin = "sdk-probe"
function = "climb"
grants.dirs = [{ host = "gate", guest = "/gate" }]
[task.stash]
plugin = "sdk-probe"
function = "stash"
retry = { max_attempts = 1 }
limits.checkpoint = "1000B"
grants.env = { WORD = { from_file = "word" } }
"#;

fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(CLIMB);
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    workspace.write("word", "open sesame");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

fn trigger(workspace: &Workspace, task: &str, args: &Value) {
    let _ = workspace.run(&["trigger", task, "--args", &args.to_string()]).succeeded();
}

/// Has a task run with these arguments; the run.
fn run(workspace: &Workspace, host: &mut Serving, task: &str, args: &Value) -> Value {
    trigger(workspace, task, args);
    host.over(task);
    workspace.runs(task).pop().unwrap()
}

/// A run with all that belongs to it.
fn whole(workspace: &Workspace, run: &Value) -> Value {
    workspace.run(&["runs", &run["run"].to_string(), "--json"]).succeeded().json()
}

#[test]
fn an_attempt_goes_on_where_the_one_before_has_stopped() {
    let (workspace, mut host) = host();
    for short in [json!("Fail"), json!("Panic")] {
        let args = json!({ "to": 5, "steps": 2, "short": short });
        let climbed = run(&workspace, &mut host, "climb", &args);
        assert_eq!(climbed["output"], json!({ "from": 4, "attempt": 3 }));
        assert_eq!(whole(&workspace, &climbed)["checkpoint"], Value::Null, "it has succeeded");
    }
    let _ = host.stop().succeeded();
}

#[test]
fn a_checkpoint_outlives_a_host_that_is_killed() {
    let (workspace, mut host) = host();
    trigger(&workspace, "climb", &json!({ "to": 9, "steps": 5, "gate": "/gate/open" }));
    host.says("climb", "at 5");
    let _ = host.kill();
    let run = workspace.runs("climb").pop().unwrap();
    assert_eq!(whole(&workspace, &run)["checkpoint"]["attempt"], 1);
    let got = workspace.run(&["checkpoint", "get", &run["run"].to_string()]).succeeded();
    assert_eq!(got.stdout, "5", "nobody has to serve for that");
    let exported = workspace.run(&["db", "export"]).succeeded().json_lines();
    assert_eq!(exported[0]["checkpoint"]["bytes"], 1);
    workspace.write("gate/open", "");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    host.over("climb");
    let run = workspace.runs("climb").pop().unwrap();
    assert_eq!(run["output"], json!({ "from": 5, "attempt": 2 }));
    let _ = host.stop().succeeded();
}

#[test]
fn a_run_that_repeats_a_failed_one_goes_on_unless_somebody_forgets() {
    let (workspace, mut host) = host();
    let data = workspace.path("data");
    let args = json!({ "to": 9, "steps": 2 });
    let failed = run(&workspace, &mut host, "climb", &args);
    let number = failed["run"].to_string();
    assert_eq!(failed["state"], "failed");
    let seen = whole(&workspace, &failed)["checkpoint"].clone();
    assert_eq!((&seen["attempt"], &seen["bytes"]), (&json!(3), &json!(1)));
    let shown = workspace.run(&["runs", &number]).succeeded();
    assert!(shown.stdout.contains("checkpoint of attempt 3, 1 B"), "{}", shown.stdout);
    let told = ask(&data, "GET", &format!("/api/v1/runs/{number}/checkpoint"), "").good();
    assert_eq!((&told["value"], &told["encoding"]), (&json!("6"), &json!("text")));

    let _ = workspace.run(&["rerun", &number]).succeeded();
    host.over("climb");
    let again = workspace.runs("climb").pop().unwrap();
    assert_eq!(again["output"], json!({ "from": 8, "attempt": 2 }));

    let gone = workspace.run(&["checkpoint", "delete", &number]).succeeded();
    assert_eq!(gone.stdout, format!("the checkpoint of run {number}, 1 B, is gone\n"));
    for verb in ["get", "delete"] {
        let none = workspace.run(&["checkpoint", verb, &number]).failed();
        assert!(none.stderr.contains(&format!("there is no checkpoint of run {number}")));
        let none = workspace.run(&["checkpoint", verb, "4711"]).failed();
        assert!(none.stderr.contains("there is no run 4711"), "{}", none.stderr);
    }
    let audit = ask(&data, "GET", "/api/v1/audit", "").good().to_string();
    assert!(audit.contains("delete_checkpoint"), "{audit}");
    let _ = workspace.run(&["rerun", &number]).succeeded();
    host.over("climb");
    let anew = workspace.runs("climb").pop().unwrap();
    assert_eq!(anew["state"], "failed", "it has begun anew");

    let page = format!("/runs/{}", anew["run"]);
    assert!(
        read(&data, &page).1.contains("Forget the checkpoint"),
        "and has saved something of its own"
    );
    let done = submit(&data, &format!("{page}/checkpoint/delete"), "");
    assert_eq!(done.status, 303);
    assert!(!read(&data, &page).1.contains("Forget the checkpoint"));
    let none = submit(&data, &format!("{page}/checkpoint/delete"), "");
    assert_eq!(none.status, 404);
    let _ = host.stop().succeeded();
}

#[test]
fn what_is_saved_is_bounded_and_shown_without_secrets() {
    let (workspace, mut host) = host();
    let long = run(&workspace, &mut host, "stash", &json!({ "bytes": 1_000 }));
    let reason = "the checkpoint has 1013 bytes where the limit is 1000 (`limits.checkpoint`)";
    assert_eq!(long["error"], reason);
    assert_eq!(whole(&workspace, &long)["checkpoint"], Value::Null);

    let saved = run(&workspace, &mut host, "stash", &json!({ "bytes": 2 }));
    assert_eq!(saved["error"], "saved");
    let got = workspace.run(&["checkpoint", "get", &saved["run"].to_string()]).succeeded();
    assert_eq!(got.stdout, r#""[redacted WORD]xx""#);
    assert!(got.stderr.contains("had secrets of a task in it"), "{}", got.stderr);
    let _ = host.stop().succeeded();
}

#[test]
fn the_foreground_hands_on_nothing() {
    let workspace = Workspace::new(CLIMB);
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    workspace.write("word", "open sesame");
    workspace.write("gate/open", "");
    let args = json!({ "to": 2, "steps": 2 }).to_string();
    let ran = workspace.run(&["run", "climb", "--args", &args]).succeeded();
    assert!(ran.stdout.contains(r#""from":0"#), "{}", ran.stdout);
}
