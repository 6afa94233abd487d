//! A configuration that changes while its host serves.

use e2e::Workspace;
use serde_json::json;

const GATED: &str = r#"
    [task.gated]
    plugin = "unruly"
    function = "wait"
    args = { path = "/gate/open" }
    schedule = { once = true }
    timeout = "5m"
    fuel = "unlimited"
    grants.dirs = [{ host = "gate", guest = "/gate" }]
"#;

#[test]
fn a_changed_file_is_followed() {
    let workspace = Workspace::new("task.a = { plugin = \"noop\", schedule = { manual = true } }");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    workspace.configure("task.b = { plugin = \"noop\", schedule = { once = true } }");
    let changes = host.event("reloaded")["changes"].clone();
    assert_eq!((&changes["added"], &changes["removed"]), (&json!(["b"]), &json!(["a"])));
    let _ = workspace.run(&["trigger", "a"]).failed().says(&["there is no task `a`"]);
    let _ = host.stop().succeeded();
    assert_eq!(workspace.runs("b")[0]["state"], "succeeded");
}

#[test]
fn a_broken_file_changes_nothing() {
    let workspace = Workspace::new("task.a = { plugin = \"noop\", schedule = { manual = true } }");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    workspace.configure("task.b = { plugin = \"noop\", schedule = { every = \"soon\" } }");
    let ran = workspace.run(&["reload"]).failed();
    let ran = ran.says(&["task.b.schedule.every", "the last good configuration goes on"]);
    assert!(ran.stderr.contains("horarium.toml"), "{ran}");
    let told = host.event("not_reloaded");
    assert_eq!(told["problems"][0]["key"], "task.b.schedule.every");
    let problem = workspace.run(&["reload", "--json"]).failed().json();
    assert_eq!((&problem["status"], &problem["problems"][0]["line"]), (&json!(422), &json!(3)));
    let _ = workspace.run(&["trigger", "a"]).succeeded();
    host.over("a");
    workspace
        .configure("task.a = { plugin = \"noop\", schedule = { manual = true }, priority = 1 }");
    let changes = workspace.run(&["reload", "--json"]).succeeded().json();
    assert_eq!((&changes["changed"], &changes["tasks"]), (&json!(["a"]), &json!(1)));
    let _ = host.stop().succeeded();
}

#[test]
fn what_runs_of_a_removed_task_is_finished() {
    let workspace = Workspace::new(GATED);
    let mut host = workspace.serve(&[]);
    host.says("gated", "waiting");
    workspace.configure("");
    let ran = workspace.run(&["reload"]).succeeded();
    assert_eq!(ran.stdout, "0 tasks new, 0 changed, 1 gone\n");
    workspace.write("gate/open", "");
    assert_eq!(host.over("gated")["verdict"], "succeeded");
    let _ = host.stop().succeeded();
}

#[test]
fn what_did_not_change_keeps_its_state() {
    let workspace = Workspace::new(GATED);
    let mut host = workspace.serve(&[]);
    host.says("gated", "waiting");
    let other = "[task.other]\nplugin = \"noop\"\nschedule = { manual = true }";
    workspace.configure(&format!("{GATED}\n{other}"));
    let changes = workspace.run(&["reload", "--json"]).succeeded().json();
    assert_eq!((&changes["added"], &changes["changed"]), (&json!(["other"]), &json!([])));
    workspace.write("gate/open", "");
    assert_eq!(host.over("gated")["attempt"], 1);
    let _ = host.stop().succeeded();
    assert_eq!(workspace.runs("gated").len(), 1, "a single run stays single");
}

#[test]
fn what_a_host_began_with_waits_for_the_next_one() {
    let workspace = Workspace::new("");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    workspace.configure_as_it_is(
        "data_dir = \"elsewhere\"\nhost.capacity = 3\nweb.listen = \"127.0.0.1:0\"\n",
    );
    let changes = host.event("reloaded")["changes"].clone();
    assert_eq!(changes["restart"], json!(["data_dir", "host.capacity", "web"]));
    let _ = host.stop().succeeded();
    assert!(!workspace.path("elsewhere").exists());
}
