//! What tasks keep from one run to the next.

use e2e::{Serving, Workspace};
use serde_json::{Value, json};

const TALLY: &str = r#"
[task.tally]
plugin = "sdk-probe"
function = "tally"
overlap = "allow"
retry = { max_attempts = 1 }
fuel = 50_000_000
grants.dirs = [{ host = "gate", guest = "/gate" }]
grants.buckets = [{ bucket = "shared", keys = 100 }]
[task.other]
plugin = "sdk-probe"
function = "tally"
args = { bucket = "shared" }
grants.buckets = [{ bucket = "shared" }]
[task.reader]
plugin = "sdk-probe"
function = "tally"
args = { bucket = "shared" }
retry = { max_attempts = 1 }
grants.buckets = [{ bucket = "shared", access = "read-only" }]
[task.hoard]
plugin = "sdk-probe"
function = "hoard"
fuel = "unlimited"
retry = { max_attempts = 1 }
"#;

fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(TALLY);
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    workspace.make_dir("gate");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

fn trigger(workspace: &Workspace, task: &str, args: &Value) {
    let _ = workspace.run(&["trigger", task, "--args", &args.to_string()]).succeeded();
}

/// How a run with these arguments ends: its verdict and its output.
fn end(workspace: &Workspace, host: &mut Serving, args: &Value) -> (String, Value) {
    trigger(workspace, "tally", args);
    let end = host.over("tally");
    let output = workspace.runs("tally").last().unwrap()["output"].clone();
    (end["verdict"].as_str().unwrap().to_owned(), output)
}

#[test]
fn a_task_goes_on_from_its_last_success() {
    let (workspace, mut host) = host();
    let succeeds = |host: &mut Serving, number: u64| {
        let expected = ("succeeded".to_owned(), json!(number));
        assert_eq!(end(&workspace, host, &json!({})), expected);
    };
    succeeds(&mut host, 1);
    for (then, verdict) in [("Fail", "failed"), ("Panic", "trapped"), ("Spin", "out_of_fuel")] {
        assert_eq!(end(&workspace, &mut host, &json!({ "then": then })).0, verdict);
    }
    succeeds(&mut host, 2);
    let _ = host.kill();
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    succeeds(&mut host, 3);
    let _ = host.stop().succeeded();
}

#[test]
fn of_two_runs_in_each_others_way_one_is_tried_again() {
    let (workspace, mut host) = host();
    for _ in 0..2 {
        trigger(&workspace, "tally", &json!({ "gate": "/gate/open" }));
    }
    for _ in 0..2 {
        host.says("tally", "read");
    }
    workspace.write("gate/open", "");
    host.all_over(&["tally", "tally"]);
    let runs = workspace.runs("tally");
    let mut numbers: Vec<_> = runs.iter().map(|run| run["output"].as_u64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [Some(1), Some(2)]);
    let attempts = runs.iter().flat_map(|run| workspace.attempts(&run["run"]));
    let mut verdicts: Vec<_> =
        attempts.map(|attempt| attempt["verdict"].as_str().unwrap().to_owned()).collect();
    verdicts.sort_unstable();
    assert_eq!(verdicts, ["conflicted", "succeeded", "succeeded"]);
    assert!(runs.iter().all(|run| run["attempts"] == 1), "a conflict counts no attempt");
    let _ = host.stop().succeeded();
}

#[test]
fn a_bucket_takes_a_grant_and_a_quota_holds() {
    let (workspace, mut host) = host();
    let (verdict, _) = end(&workspace, &mut host, &json!({ "bucket": "orders" }));
    assert_eq!(verdict, "failed");
    let error = workspace.runs("tally")[0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("there is no grant for this bucket: `grants.buckets`"), "{error}");

    let mut hoards = |args: Value| {
        trigger(&workspace, "hoard", &args);
        let end = host.over("hoard");
        let run = workspace.runs("hoard").pop().unwrap();
        let told = [&run["output"], &run["error"]].map(|it| it.as_str().unwrap_or_default());
        (end["verdict"].as_str().unwrap().to_owned(), told.concat())
    };
    let (_, told) = hoards(json!({ "keys": 20_000, "bytes": 10 }));
    assert!(
        told.contains("10000: ") && told.contains("10001 keys where its quota is 10000"),
        "{told}"
    );
    // That run has succeeded, with what it could write: only what is there can be written anew.
    let (_, told) = hoards(json!({ "keys": 1, "bytes": 1 << 19 }));
    assert_eq!(told, "all");
    let (verdict, told) = hoards(json!({ "keys": 10_000, "bytes": 1, "prefix": "more/" }));
    assert_eq!(verdict, "failed");
    assert!(told.contains("the state of task `hoard` would hold 20000 keys"), "{told}");
    // A key as long as the host takes anything at once, and one that is longer.
    let (_, told) = hoards(json!({ "keys": 1, "bytes": 1, "length": 1_000_000 }));
    assert_eq!(told, "0: a key has at most 512 bytes, this one has 1000001");
    let (verdict, told) = hoards(json!({ "keys": 1, "bytes": 1, "length": 3_000_000 }));
    assert_eq!(verdict, "trapped", "{told}");
}

#[test]
fn tasks_share_a_bucket_as_they_are_granted_it() {
    let (workspace, mut host) = host();
    let counted = |host: &mut Serving, number: u64| {
        let expected = ("succeeded".to_owned(), json!(number));
        assert_eq!(end(&workspace, host, &json!({ "bucket": "shared" })), expected);
    };
    counted(&mut host, 1);
    let _ = workspace.run(&["trigger", "other"]).succeeded();
    assert_eq!(host.over("other")["verdict"], "succeeded");
    counted(&mut host, 3);
    let _ = workspace.run(&["trigger", "reader"]).succeeded();
    assert_eq!(host.over("reader")["verdict"], "failed");
    let error = workspace.runs("reader").pop().unwrap()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("bucket `shared` is granted to be read"), "{error}");
}

#[test]
fn what_is_run_in_the_foreground_reads_and_keeps_nothing() {
    let (workspace, mut host) = host();
    assert_eq!(end(&workspace, &mut host, &json!({})).1, json!(1));
    for _ in 0..2 {
        let ran = workspace.run(&["run", "tally", "--json"]).succeeded();
        assert_eq!(ran.json_lines().last().unwrap()["output"], 2, "{ran}");
    }
    assert_eq!(end(&workspace, &mut host, &json!({})).1, json!(2));
}
