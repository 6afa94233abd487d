//! The verbs that ask a serving host for something.

use e2e::{Ran, Serving, Workspace};
use serde_json::{Value, json};

use crate::compile::eventually;

/// A host with a task that is over when the test says so, and one that is over at once.
fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(
        r#"
        [task.gated]
        plugin = "unruly"
        function = "wait"
        args = { path = "/gate/open" }
        schedule = { manual = true }
        timeout = "5m"
        fuel = "unlimited"
        retry = { max_attempts = 1 }
        grants.dirs = [{ host = "gate", guest = "/gate" }]
        [task.quick]
        plugin = "noop"
        schedule = { cron = "0 0 1 1 *" }
        [task.often]
        plugin = "noop"
        schedule = { every = "100h", offset = "99h" }
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

/// What a verb answers.
fn ask(workspace: &Workspace, args: &[&str]) -> Value {
    workspace.run(&[args, &["--json"]].concat()).succeeded().json()
}

fn refused(workspace: &Workspace, args: &[&str], why: &str) {
    let _ = workspace.run(args).failed().says(&[why]);
}

fn over(mut host: Serving, task: &str) -> Ran {
    host.over(task);
    host.stop().succeeded()
}

#[test]
fn a_task_is_triggered() {
    let (workspace, host) = host();
    let ran = workspace.run(&["trigger", "quick"]).succeeded();
    assert!(ran.stdout.starts_with("run 1 of quick: "), "{ran}");
    let _ = over(host, "quick");
    assert_eq!(workspace.runs("quick")[0]["trigger"], "manual");
}

#[test]
fn a_host_whose_socket_somebody_removes_is_found_again() {
    let (workspace, host) = host();
    std::fs::remove_file(workspace.path("data/host.sock")).unwrap();
    eventually("a host that is found", || {
        let ran = workspace.run(&["trigger", "quick"]);
        (ran.code == Some(0)).then_some(())
    });
    let _ = over(host, "quick");
}

#[test]
fn a_run_may_have_arguments_of_its_own() {
    let (workspace, mut host) = host();
    workspace.write("gate/other", "");
    let run = ask(&workspace, &["trigger", "gated", "--args", r#"{"path":"/gate/other"}"#]);
    assert_eq!(run["args"], json!({ "path": "/gate/other" }));
    assert_eq!(host.over("gated")["verdict"], "succeeded");
    let again = ask(&workspace, &["rerun", &run["run"].to_string()]);
    assert_eq!((&again["args"], &again["repeats"]), (&run["args"], &run["run"]));
    assert_eq!(host.over("gated")["verdict"], "succeeded");
    refused(&workspace, &["trigger", "gated", "--args", "7"], "the arguments don't fit");
    let _ = host.stop().succeeded();
}

#[test]
fn whoever_asks_twice_by_one_key_gets_one_run() {
    let (workspace, host) = host();
    let first = ask(&workspace, &["trigger", "quick", "--key", "k", "--after", "1h"]);
    assert_eq!((&first["state"], &first["waits_for"]), (&json!("scheduled"), &json!("time")));
    let again = ask(&workspace, &["trigger", "quick", "--key", "k"]);
    assert_eq!(again["run"], first["run"]);
    let _ = host.stop().succeeded();
}

#[test]
fn a_run_is_cancelled_whether_it_waits_or_runs() {
    let (workspace, mut host) = host();
    let later = ask(&workspace, &["trigger", "quick", "--at", "2999-01-01T00:00:00Z"]);
    let later = later["run"].to_string();
    assert_eq!(ask(&workspace, &["cancel", &later])["state"], "cancelled");
    refused(&workspace, &["cancel", &later], "is over");
    refused(&workspace, &["cancel", "999"], "there is no run 999");

    let run = ask(&workspace, &["trigger", "gated"]);
    host.says("gated", "waiting");
    refused(&workspace, &["trigger", "gated"], "an earlier run of it is not over");
    refused(&workspace, &["rerun", &run["run"].to_string()], "is not over");
    ask(&workspace, &["cancel", &run["run"].to_string()]);
    assert_eq!(host.over("gated")["verdict"], "cancelled");
    let _ = host.stop().succeeded();
    assert_eq!(workspace.runs("gated")[0]["state"], "cancelled");
}

#[test]
fn what_is_paused_stays_so_until_it_goes_on() {
    let (workspace, host) = host();
    let _ = workspace.run(&["pause", "quick"]).succeeded();
    refused(&workspace, &["trigger", "quick"], "it is paused");
    let _ = workspace.run(&["pause", "--all"]).succeeded();
    let status = ask(&workspace, &["status"]);
    assert_eq!((&status["tasks"], status["paused_at"].is_string()), (&json!(3), true));
    let _ = host.stop().succeeded();

    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = workspace.run(&["resume", "quick"]).succeeded();
    refused(&workspace, &["trigger", "quick"], "the host is paused");
    let _ = workspace.run(&["resume", "--all"]).succeeded();
    let _ = workspace.run(&["trigger", "quick"]).succeeded();
    refused(&workspace, &["pause", "stranger"], "there is no task `stranger`");
    let _ = over(host, "quick");
}

#[test]
fn instants_that_passed_are_made_up_for() {
    let (workspace, mut host) = host();
    let range =
        ["backfill", "quick", "--from", "2020-01-01T00:00:00Z", "--to", "2023-01-01T00:00:00Z"];
    let ran = workspace.run(&range).succeeded();
    assert_eq!(ran.stdout, "3 new runs\n");
    host.all_over(&["quick", "quick", "quick"]);
    let ran = workspace.run(&range).succeeded();
    assert_eq!(ran.stdout, "0 new runs, 3 had one before\n");
    let instants: Vec<_> =
        workspace.runs("quick").iter().map(|run| run["scheduled_for"].clone()).collect();
    let years = ["2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z"];
    assert_eq!(instants, years);

    let ages = ["backfill", "often", "--from=-009000-01-01T00:00:00Z"];
    refused(&workspace, &ages, "more than 10000 instants");
    let nothing =
        ["backfill", "quick", "--from", "2020-01-01T00:00:00Z", "--to", "2019-01-01T00:00:00Z"];
    refused(&workspace, &nothing, "`to` is not after `from`");
    let unscheduled = ["backfill", "gated", "--from", "2020-01-01T00:00:00Z"];
    refused(&workspace, &unscheduled, "only a task with");
    let _ = host.stop().succeeded();
}

#[test]
fn where_no_host_serves_that_is_said() {
    let (workspace, host) = host();
    let _ = host.stop().succeeded();
    refused(&workspace, &["trigger", "quick"], "start one with `horarium serve`");
    // As after a `kill -9`: the socket is there, and nobody listens.
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = host.kill();
    refused(&workspace, &["trigger", "quick"], "start one with `horarium serve`");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = host.stop().succeeded();
}

#[test]
fn a_data_directory_may_lie_deep() {
    let deep = "d".repeat(200);
    let workspace = Workspace::new("");
    workspace.configure_as_it_is(&format!(
        "data_dir = \"{deep}\"\ntask.quick = {{ plugin = \"noop\", schedule = {{ manual = true }} }}\n"
    ));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = workspace.run(&["trigger", "quick"]).succeeded();
    let _ = over(host, "quick");
}

#[test]
fn a_refusal_is_json_for_programs() {
    let (workspace, host) = host();
    let ran = workspace.run(&["trigger", "stranger", "--json"]).failed();
    let problem = ran.json();
    assert_eq!((&problem["status"], &problem["title"]), (&json!(404), &json!("Not Found")));
    let known = "there is no task `stranger`; there are `gated`, `often`, `quick`";
    assert_eq!(problem["detail"], known);
    let _ = host.stop().succeeded();
}
