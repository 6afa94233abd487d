//! Runs whose task is not in the configuration any more.

use e2e::{
    Serving, Workspace,
    asking::{ask, read},
};
use serde_json::json;

const STAYS: &str = "task.stays = { plugin = \"noop\", schedule = { manual = true } }";

const GOES: &str = r#"
    [task.gated]
    plugin = "unruly"
    function = "wait"
    args = { path = "/gate/open" }
    schedule = { once = true }
    timeout = "5m"
    fuel = "unlimited"
    grants.dirs = [{ host = "gate", guest = "/gate" }]
    [task.flaky]
    plugin = "unruly"
    function = "fail"
    args = { kind = "retry", message = "no luck" }
    schedule = { manual = true }
    retry = { max_attempts = 2, delay = "5h", max_delay = "5h" }
"#;

const GONE: &str = "waits: its task is not in the configuration any more";

/// A host that has begun after another one was killed. That had been running the first run,
/// and the second one was to be tried again; both their tasks are gone.
fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(&format!("{STAYS}\n{GOES}"));
    let mut host = workspace.serve(&[]);
    host.says("gated", "waiting");
    let _ = workspace.run(&["trigger", "flaky"]).succeeded();
    host.of("flaky", "ended");
    drop(host.kill());
    workspace.configure(STAYS);
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

#[test]
fn they_say_so_and_do_not_look_alive() {
    let (workspace, host) = host();
    let listed = workspace.run(&["runs"]).succeeded().stdout;
    assert_eq!(listed.matches(GONE).count(), 2, "{listed}");
    assert!(listed.contains("? unknown") && !listed.contains("▶"), "{listed}");
    let shown = workspace.run(&["runs", "1"]).succeeded().stdout;
    let fate = format!("was running when its host ended; {GONE}; `horarium cancel` ends it");
    assert!(shown.contains(&fate), "{shown}");
    let shown = workspace.run(&["runs", "2"]).succeeded().stdout;
    assert!(shown.contains(&format!("↻ retry_wait\n  {GONE}\n")), "{shown}");

    let data = workspace.path("data");
    for run in [1, 2] {
        let run = ask(&data, "GET", &format!("/api/v1/runs/{run}"), "").good();
        assert_eq!(run["run"]["waits_for"], "configuration", "{run}");
    }
    for path in ["/runs", "/runs/1", "/runs/2"] {
        let (_, page) = read(&data, path);
        assert!(page.contains(GONE), "{path}: {page}");
        // That is something to choose on the first of them.
        let running = usize::from(path == "/runs");
        assert_eq!(page.matches("</b>running</span>").count(), running, "{path}: {page}");
    }
    let _ = host.stop().succeeded();
}

#[test]
fn whoever_pauses_their_task_hears_that_it_is_gone() {
    let (workspace, host) = host();
    for (verb, said) in [("pause", "gated is paused, and "), ("resume", "gated is resumed, but ")] {
        let answer = workspace.run(&[verb, "gated"]).succeeded().stdout;
        let gone = format!("{said}the configuration does not have it any more\n");
        assert_eq!(answer, gone, "{verb}");
    }
    let _ = host.stop().succeeded();
}

#[test]
fn they_can_be_cancelled() {
    let (workspace, mut host) = host();
    let _ = workspace.run(&["cancel", "1"]).succeeded();
    assert_eq!(host.over("gated")["verdict"], "cancelled");
    let told = workspace.run(&["cancel", "2"]).succeeded().stdout;
    assert_eq!(told, "run 2 of flaky: cancelled\n");
    for task in ["gated", "flaky"] {
        assert_eq!(workspace.runs(task)[0]["state"], "cancelled");
    }
    let _ = host.stop().succeeded();
}

#[test]
fn they_go_on_where_their_task_comes_back() {
    let (workspace, mut host) = host();
    workspace.write("gate/open", "");
    workspace.configure(&format!("{STAYS}\n{GOES}"));
    let _ = workspace.run(&["reload"]).succeeded();
    assert_eq!(host.over("gated")["verdict"], "succeeded");
    let flaky = &workspace.runs("flaky")[0];
    assert_eq!((&flaky["state"], &flaky["waits_for"]), (&json!("retry_wait"), &json!("time")));
    let _ = host.stop().succeeded();
}
