//! Tasks that start runs of other tasks.

use e2e::{Serving, Workspace};
use serde_json::{Value, json};

const FAN: &str = r#"
[task.fan]
plugin = "sdk-probe"
function = "fan"
retry = { max_attempts = 1 }
grants.tasks = ["leaf", { task = "pair", limit = 2 }, "fan"]
grants.dirs = [{ host = "gate", guest = "/gate" }]
grants.env = { WORD = { from_file = "word" } }
[task.leaf]
plugin = "sdk-probe"
function = "leaf"
overlap = "allow"
[task.pair]
plugin = "sdk-probe"
function = "leaf"
"#;

fn workspace() -> Workspace {
    let workspace = Workspace::new(FAN);
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    workspace.write("word", "open sesame");
    workspace
}

fn host() -> (Workspace, Serving) {
    let workspace = workspace();
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

/// Has `fan` run with these arguments; its verdict, and what it says.
fn fan(workspace: &Workspace, host: &mut Serving, args: &Value) -> (String, String) {
    let _ = workspace.run(&["trigger", "fan", "--args", &args.to_string()]).succeeded();
    let end = host.over("fan");
    let run = workspace.runs("fan").pop().unwrap();
    let told = [&run["output"], &run["error"]].map(|it| it.as_str().unwrap_or_default()).concat();
    (end["verdict"].as_str().unwrap().to_owned(), told)
}

fn ended(verdict: &str, told: &str) -> (String, String) {
    (verdict.to_owned(), told.to_owned())
}

#[test]
fn what_a_run_starts_runs_once_it_has_succeeded() {
    let (workspace, mut host) = host();
    for (then, verdict) in [("Fail", "failed"), ("Panic", "trapped")] {
        let args = json!({ "task": "leaf", "runs": 3, "then": then });
        assert_eq!(fan(&workspace, &mut host, &args).0, verdict);
    }
    let args = json!({ "task": "leaf", "runs": 3 });
    assert_eq!(fan(&workspace, &mut host, &args), ended("succeeded", "all"));
    host.all_over(&["leaf"; 3]);
    let leaves = workspace.runs("leaf");
    let outputs: Vec<_> = leaves.iter().map(|run| run["output"].as_str().unwrap()).collect();
    assert_eq!(outputs, ["start 0", "start 1", "start 2"]);
    let parent = &workspace.runs("fan")[2]["run"];
    assert!(leaves.iter().all(|run| run["parent"] == *parent && run["root"] == *parent));
    // What one run says to another is seen by people.
    assert_eq!(leaves[0]["args"]["word"], "[redacted WORD]");
    let shown = workspace.run(&["runs", &leaves[0]["run"].to_string()]).succeeded();
    assert!(shown.stdout.contains("started by run"), "{}", shown.stdout);
    let _ = host.stop().succeeded();
}

#[test]
fn a_host_that_is_killed_has_started_all_or_nothing() {
    let (workspace, mut host) = host();
    let args = json!({ "task": "leaf", "runs": 5, "gate": "/gate/open" });
    let _ = workspace.run(&["trigger", "fan", "--args", &args.to_string()]).succeeded();
    host.says("fan", "started");
    let _ = host.kill();
    workspace.write("gate/open", "");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    // A single attempt was all it had.
    assert_eq!(host.over("fan")["verdict"], "lost");
    assert_eq!(workspace.runs("leaf"), Vec::<Value>::new());
    assert_eq!(fan(&workspace, &mut host, &args), ended("succeeded", "all"));
    host.all_over(&["leaf"; 5]);
    assert_eq!(workspace.runs("leaf").len(), 5);
    let _ = host.stop().succeeded();
}

#[test]
fn starting_takes_a_grant_a_task_that_runs_and_room() {
    let (workspace, mut host) = host();
    let mut told = |args: Value| fan(&workspace, &mut host, &args);
    let (verdict, reason) = told(json!({ "task": "other" }));
    assert_eq!(verdict, "failed");
    assert!(reason.contains("no grant to start this task: `grants.tasks`"), "{reason}");

    // Told at once where that can be said at once.
    let (_, reason) = told(json!({ "task": "pair", "runs": 3, "then": "Tell" }));
    assert!(reason.starts_with("2: it starts 2 runs of `pair` already"), "{reason}");
    // That has succeeded, and its two are not over before somebody lets them begin.
    let _ = workspace.run(&["pause", "pair"]).succeeded();
    let (_, reason) = told(json!({ "task": "pair", "then": "Tell" }));
    assert_eq!(reason, "0: `pair`: it is paused");
    let (_, reason) = told(json!({ "task": "leaf", "key": "", "then": "Tell" }));
    assert_eq!(reason, "0: a run's key can't be empty");
    let key = "k".repeat(1 << 16);
    let (_, reason) = told(json!({ "task": "leaf", "key": key, "then": "Tell" }));
    assert_eq!(reason, "0: a run's key has at most 512 bytes, this one has 65536");
    let _ = host.stop().succeeded();
}

#[test]
fn what_could_not_run_is_not_started() {
    let more = "[task.ghost]\nplugin = \"nothing\"\n";
    let workspace = workspace();
    workspace.configure(&(FAN.replace(r#"["leaf", "#, r#"["leaf", "ghost", "#) + more));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let args = json!({ "task": "ghost", "then": "Tell" });
    let (verdict, told) = fan(&workspace, &mut host, &args);
    assert_eq!(verdict, "succeeded");
    assert!(told.starts_with("0: `ghost` can't run: "), "{told}");
    assert!(told.contains("its plugin is not there"), "{told}");
    assert_eq!(workspace.runs("ghost"), Vec::<Value>::new());
    let _ = host.stop().succeeded();
}

#[test]
fn of_one_key_there_is_one_run() {
    let (workspace, mut host) = host();
    for _ in 0..2 {
        let args = json!({ "task": "leaf", "runs": 3, "key": "today", "delay": 3600 });
        assert_eq!(fan(&workspace, &mut host, &args), ended("succeeded", "all"));
    }
    let leaves = workspace.runs("leaf");
    assert_eq!(leaves.len(), 1);
    assert_eq!(
        (&leaves[0]["state"], &leaves[0]["waits_for"]),
        (&json!("scheduled"), &json!("time"))
    );
    let _ = host.stop().succeeded();
}

#[test]
fn ten_thousand_runs_are_started_in_one_commit() {
    let (workspace, mut host) = host();
    let args = json!({ "task": "leaf", "runs": 10_000, "delay": 3600 });
    assert_eq!(fan(&workspace, &mut host, &args), ended("succeeded", "all"));
    let statistics = workspace.run(&["status", "--json"]).succeeded();
    assert!(statistics.stdout.contains("10000"), "{}", statistics.stdout);
    let (verdict, reason) = fan(&workspace, &mut host, &json!({ "task": "leaf" }));
    assert_eq!(verdict, "failed");
    let full = "can't start `leaf`: with these, more than 10000 of its runs would not be over \
                (`limit` in `grants.tasks`)";
    assert_eq!(reason, full);
    let _ = host.stop().succeeded();
}

#[test]
fn a_task_that_is_not_there_can_not_be_granted() {
    let workspace = workspace();
    workspace.configure(&FAN.replace("[\"leaf\",", "[\"laef\","));
    let refused = workspace.run(&["check"]).failed();
    assert!(refused.stderr.contains("there is no task `laef`"), "{}", refused.stderr);
    assert!(refused.stderr.contains("did you mean `leaf`?"), "{}", refused.stderr);
}

#[test]
fn a_run_in_the_foreground_says_what_it_would_start() {
    let workspace = workspace();
    let args = json!({ "task": "leaf", "runs": 2 }).to_string();
    let ran = workspace.run(&["run", "fan", "--args", &args]).succeeded();
    let said = "it would start 2 runs of `leaf`; in the foreground it starts none";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}
