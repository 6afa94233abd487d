//! Tasks that run after others.

use e2e::{Serving, Workspace};
use serde_json::{Value, json};

const CHAIN: &str = r#"
[task.extract]
plugin = "sdk-probe"
function = "fan"
args = { task = "load", runs = 3 }
retry = { max_attempts = 1 }
grants.tasks = ["load"]
[task.load]
plugin = "sdk-probe"
function = "leaf"
overlap = "allow"
[task.report]
plugin = "sdk-probe"
function = "gather"
args = { word = "sum" }
schedule = { after = ["extract", "load"], input = "parts" }
[task.publish]
plugin = "noop"
schedule = { after = ["report"] }
[task.alarm]
plugin = "sdk-probe"
function = "gather"
args = { word = "alarm" }
schedule = { after = ["extract", "load"], on = "failure", input = "parts" }
"#;

fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(CHAIN);
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

fn trigger(workspace: &Workspace, args: &Value) {
    let _ = workspace.run(&["trigger", "extract", "--args", &args.to_string()]).succeeded();
}

#[test]
fn what_runs_after_others_is_handed_what_they_return() {
    let (workspace, mut host) = host();
    let _ = workspace.run(&["trigger", "extract"]).succeeded();
    host.all_over(&["extract", "load", "load", "load", "report", "publish"]);
    let report = &workspace.runs("report")[0];
    let parts = json!({ "extract": "all", "load": ["start 0", "start 1", "start 2"] });
    assert_eq!(report["args"], json!({ "word": "sum", "parts": parts }));
    assert_eq!(report["output"], format!("after sum {parts}"));
    assert_eq!(report["trigger"], "after");
    assert_eq!(workspace.runs("publish").len(), 1);
    assert_eq!(workspace.runs("alarm"), Vec::<Value>::new());

    // What came from what, for people and for programs.
    let top = workspace.runs("extract")[0]["run"].to_string();
    let leaf = workspace.runs("load")[0]["run"].to_string();
    let tree = workspace.run(&["runs", "--tree", &leaf]).succeeded();
    let heads: Vec<_> = tree
        .stdout
        .lines()
        .map(|line| {
            let depth = line.len() - line.trim_start().len();
            (depth, line.split_whitespace().nth(1).unwrap())
        })
        .collect();
    assert_eq!(heads[..2], [(0, "extract"), (2, "load")], "{}", tree.stdout);
    assert!(heads.contains(&(4, "report")) && heads.contains(&(6, "publish")), "{}", tree.stdout);
    let runs = workspace.run(&["runs", "--tree", &top, "--json"]).succeeded().json();
    assert_eq!(runs.as_array().unwrap().len(), 6);
    let none = workspace.run(&["runs", "--tree", "999"]).failed();
    assert!(none.stderr.contains("there is no run 999"), "{}", none.stderr);
    let page =
        e2e::asking::ask(&workspace.path("data"), "GET", "/api/v1/runs?tree=1&limit=2", "").good();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let _ = host.stop().succeeded();
}

#[test]
fn what_fails_is_followed_by_what_minds_it() {
    let (workspace, mut host) = host();
    trigger(&workspace, &json!({ "task": "load", "then": "Fail" }));
    host.all_over(&["extract", "alarm"]);
    let alarm = &workspace.runs("alarm")[0];
    assert_eq!(alarm["args"]["parts"], json!({ "extract": null, "load": null }));
    // Repeated with success, it goes on where it had stopped.
    let failed = workspace.runs("extract")[0]["run"].to_string();
    workspace.configure(&CHAIN.replace("runs = 3", "runs = 1"));
    let _ = workspace.run(&["reload"]).succeeded();
    trigger(&workspace, &json!({ "task": "load", "runs": 1 }));
    host.all_over(&["extract", "load", "report", "publish"]);
    assert_eq!(workspace.runs("alarm").len(), 1);
    let shown = workspace.run(&["runs", "--tree", &failed]).succeeded();
    assert!(shown.stdout.contains("alarm"), "{}", shown.stdout);
    let _ = host.stop().succeeded();
}

#[test]
fn a_host_that_is_killed_goes_on_with_a_chain() {
    let (workspace, mut host) = host();
    let _ = workspace.run(&["pause", "report"]).succeeded();
    let _ = workspace.run(&["trigger", "extract"]).succeeded();
    host.all_over(&["extract", "load", "load", "load"]);
    let _ = host.kill();
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    assert_eq!(workspace.runs("report").len(), 1);
    let _ = workspace.run(&["resume", "report"]).succeeded();
    host.all_over(&["report", "publish"]);
    assert_eq!(workspace.runs("report").len(), 1);
    let _ = host.stop().succeeded();
}

#[test]
fn chains_that_make_no_sense_are_refused() {
    let workspace = Workspace::new("");
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    let after = |name: &str, after: &str| {
        format!("[task.{name}]\nplugin = \"noop\"\nschedule = {{ after = {after} }}\n")
    };
    let refused = |tasks: String, says: &[&str]| {
        workspace.configure(&tasks);
        let _ = workspace.run(&["check"]).failed().says(says);
    };
    let circle = after("a", "[\"c\"]") + &after("b", "[\"a\"]") + &after("c", "[\"b\"]");
    refused(circle, &["it runs after itself: a after c after b after a"]);
    refused(after("a", "[\"a\"]"), &["it runs after itself: a after a"]);
    refused(after("a", "[\"gone\"]"), &["there is no task `gone`"]);
    refused(after("a", "[]"), &["it runs after no task"]);
    let twice = after("a", "[\"b\", \"b\"]") + "[task.b]\nplugin = \"noop\"\n";
    refused(twice, &["this task is named twice"]);
    let on = after("a", "[\"b\"], on = \"sucess\"") + "[task.b]\nplugin = \"noop\"\n";
    refused(on, &["success"]);
    let stray = "[task.a]\nplugin = \"noop\"\nschedule = { every = \"1h\", on = \"failure\" }\n";
    refused(stray.to_owned(), &["this goes with `after` only"]);
    let gather = |more: &str| {
        format!(
            "[task.b]\nplugin = \"noop\"\nschedule = {{ manual = true }}\n[task.a]\nplugin = \
             \"sdk-probe\"\nfunction = \"gather\"\nschedule = {{ after = [\"b\"]{more}\n"
        )
    };
    // An argument that comes later is none that is missing; another one is.
    refused(gather(", input = \"parts\" }"), &["\"word\" is a required property"]);
    let given = ", input = \"parts\" }\nargs = { word = \"x\", parts = 1 }";
    refused(gather(given), &["`parts` is what its parents return"]);
    workspace.configure(&gather(", input = \"parts\" }\nargs = { word = \"x\" }"));
    let _ = workspace.run(&["check"]).succeeded();
}

#[test]
fn a_chain_of_ten_thousand_is_read_and_shown() {
    let mut tasks = "[task.t0]\nplugin = \"noop\"\nschedule = { manual = true }\n".to_owned();
    for number in 1..10_000 {
        tasks += &format!(
            "[task.t{number}]\nplugin = \"noop\"\nschedule = {{ after = [\"t{}\"] }}\n",
            number - 1
        );
    }
    let workspace = Workspace::new(&tasks);
    let _ = workspace.run(&["check"]).succeeded();
    let graph = workspace.run(&["graph"]).succeeded();
    assert_eq!(graph.stdout.lines().count(), 10_000);
    workspace.configure(&tasks.replacen("manual = true", "after = [\"t9999\"]", 1));
    let refused = workspace.run(&["check"]).failed();
    assert!(refused.stderr.contains("… 9988 more"), "{}", refused.stderr);
}

#[test]
fn a_chain_can_be_drawn() {
    let workspace = Workspace::new(CHAIN);
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    let text = workspace.run(&["graph"]).succeeded().stdout;
    let expected = "extract  as its plugin suggests\n  \
                    alarm  on failure\n  \
                    load  started\n    \
                    alarm  on failure\n    \
                    report  on success\n      \
                    publish  on success\n  \
                    report  on success  (see above)\n";
    assert_eq!(text, expected);
    let dot = workspace.run(&["graph", "--dot"]).succeeded().stdout;
    assert!(dot.starts_with("digraph horarium {"), "{dot}");
    for line in [
        "  \"extract\" -> \"alarm\" [label=\"failure\"];",
        "  \"extract\" -> \"load\" [style=dashed, label=\"starts\"];",
        "  \"report\" -> \"publish\";",
    ] {
        assert!(dot.lines().any(|found| found == line), "{line}: {dot}");
    }
    let edges = workspace.run(&["graph", "--json"]).succeeded().json();
    assert_eq!(edges["edges"].as_array().unwrap().len(), 6);
}
