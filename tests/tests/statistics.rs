//! Many runs at once, in numbers.

use e2e::{Serving, Workspace, asking::ask};
use serde_json::{Value, json};

fn get(workspace: &Workspace, path: &str) -> Value {
    ask(&workspace.path("data"), "GET", &format!("/api/v1{path}"), "").good()
}

fn start(workspace: &Workspace, task: &str) {
    let path = format!("/api/v1/tasks/{task}/runs");
    let _ = ask(&workspace.path("data"), "POST", &path, "{}").good();
}

fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(
        r#"
        [host]
        capacity = 4
        [defaults]
        retry = { max_attempts = 1 }
        [task.gated]
        plugin = "unruly"
        schedule = { manual = true }
        function = "wait"
        args = { path = "/gate/open" }
        timeout = "5m"
        fuel = "unlimited"
        overlap = "queue_all"
        grants.dirs = [{ host = "gate", guest = "/gate" }]
        [task.fine]
        plugin = "noop"
        schedule = { manual = true }
        [task.broken]
        plugin = "unruly"
        schedule = { manual = true }
        function = "fail"
        args = { kind = "permanent" }
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

#[test]
fn they_are_those_of_the_history() {
    let (workspace, mut host) = host();
    for _ in 0..3 {
        start(&workspace, "fine");
        host.over("fine");
    }
    start(&workspace, "broken");
    host.over("broken");
    start(&workspace, "gated");
    host.says("gated", "waiting");
    start(&workspace, "gated");

    let whole = get(&workspace, "/statistics?since=2026-01-01T00:00:00Z");
    assert_eq!(whole["ended"], json!({ "succeeded": 3, "failed": 1 }));
    assert_eq!(whole["of_late"]["ended"], whole["ended"]);
    assert_eq!((&whole["capacity"], &whole["running"]), (&json!(4), &json!(1)));
    let under_way = &whole["under_way"][0];
    assert_eq!((&under_way["task"], &under_way["run"]), (&json!("gated"), &json!(5)));
    assert_eq!(whole["queue"], json!({ "ready": 0, "later": 0, "held": 1, "parked": 0 }));
    let hours = whole["hours"].as_array().unwrap().iter();
    let ended: i64 = hours.map(|hour| hour["ended"]["succeeded"].as_i64().unwrap_or(0)).sum();
    assert_eq!(ended, 3);

    let fine = get(&workspace, "/tasks/fine/statistics?runs=2");
    assert_eq!((&fine["ended"], &fine["running"]), (&json!({ "succeeded": 3 }), &json!(0)));
    let recent: Vec<_> = fine["recent"].as_array().unwrap().iter().map(|it| &it["run"]).collect();
    assert_eq!(recent, [3, 2]);
    assert!(fine["fuel"]["max"].as_u64() >= fine["fuel"]["p50"].as_u64(), "{fine}");
    assert!(fine["wall_us"]["p95"].as_u64() > Some(0), "{fine}");
    assert_eq!(get(&workspace, "/tasks/gated/statistics")["queue"]["held"], 1);

    workspace.write("gate/open", "");
    host.all_over(&["gated", "gated"]);
    let whole = get(&workspace, "/statistics");
    assert_eq!(whole["ended"], json!({ "succeeded": 5, "failed": 1 }));
    assert_eq!((&whole["running"], whole.get("of_late")), (&json!(0), None));
    let _ = host.stop().succeeded();

    // They stay with the history.
    let mut again = workspace.serve(&[]);
    again.event("tasks");
    assert_eq!(get(&workspace, "/statistics")["ended"], whole["ended"]);
    let _ = again.stop().succeeded();
}
