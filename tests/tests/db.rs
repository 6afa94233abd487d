//! `horarium db`: the history is looked after, while a host writes to it or not.

use std::fs;

use e2e::Workspace;
use serde_json::json;

fn served() -> Workspace {
    let workspace = Workspace::new(
        r#"
        
        task.quick = { plugin = "noop", schedule = { every = "100ms" } }
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.all_over(&["quick", "quick"]);
    let _ = workspace.run(&["db", "backup", "copy.sqlite"]).succeeded();
    let _ = workspace.run(&["db", "check"]).succeeded();
    let _ = host.stop().succeeded();
    workspace
}

#[test]
fn a_backup_is_a_history_that_a_host_goes_on_with() {
    let workspace = served();
    let _ = workspace
        .run(&["db", "backup", "copy.sqlite"])
        .failed()
        .says(&["copy.sqlite", "it exists already"]);
    let all = workspace.runs("quick").len();
    for left in ["history.sqlite", "history.sqlite-wal", "history.sqlite-shm"] {
        // They may have been put away at the end.
        let _ = fs::remove_file(workspace.path("data").join(left));
    }
    fs::rename(workspace.path("copy.sqlite"), workspace.path("data/history.sqlite")).unwrap();
    let copied = workspace.runs("quick").len();
    assert!((2..=all).contains(&copied), "{copied} of {all}");
    let mut host = workspace.serve(&[]);
    host.over("quick");
    let _ = host.stop().succeeded();
}

#[test]
fn an_export_has_every_run() {
    let workspace = served();
    let lines = workspace.run(&["db", "export"]).succeeded().json_lines();
    let exported: Vec<_> = lines.iter().rev().map(|line| line["run"]["run"].clone()).collect();
    let runs: Vec<_> = workspace.runs("quick").iter().map(|run| run["run"].clone()).collect();
    assert_eq!(exported, runs);
    assert_eq!(lines[0]["attempts"][0]["attempt"]["attempt"], 1);
    assert!(lines[0]["attempts"][0]["log"].is_array());
}

#[test]
fn an_export_has_what_tasks_keep() {
    let workspace =
        Workspace::new("task.quick = { plugin = \"noop\", schedule = { manual = true } }");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = workspace.run(&["trigger", "quick"]).succeeded();
    host.over("quick");
    let _ = workspace.run(&["state", "set", "quick", "cursor", "7"]).succeeded();
    let lines = workspace.run(&["db", "export"]).succeeded().json_lines();
    assert_eq!(lines[0]["run"]["task"], "quick");
    let entry = &lines[1]["entry"];
    assert_eq!(
        (&entry["bucket"], &entry["key"], &entry["value"]),
        (&json!("task/quick"), &json!("cursor"), &json!("7"))
    );
    assert_eq!(lines.len(), 2);
    let _ = host.stop().succeeded();
}

#[test]
fn a_damaged_history_is_refused_and_stays_as_it_is() {
    let workspace = served();
    let path = workspace.path("data/history.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    // All pages but the first one, which says that this is a database.
    bytes[4096..].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    let host = workspace.serve(&[]);
    let _ = host.ended().failed().says(&["history.sqlite", "is damaged", "restore a backup"]);
    let faults = workspace.run(&["db", "check", "--json"]).failed();
    assert!(faults.stdout.contains("faults") || faults.stderr.contains("damaged"), "{faults}");
    assert_eq!(fs::read(&path).unwrap().len(), length, "never made anew");
}

#[test]
fn rows_that_no_host_writes_are_found() {
    let workspace = served();
    let database = rusqlite::Connection::open(workspace.path("data/history.sqlite")).unwrap();
    database.execute("UPDATE run SET queue = 2 WHERE id = 1", []).unwrap();
    drop(database);
    let ran = workspace.run(&["db", "check", "--json"]).failed();
    assert_eq!(ran.json(), json!({ "faults": ["1 runs that are over and wait"] }));
}

#[test]
fn a_backup_is_checked_where_it_lies() {
    let workspace = served();
    let sound = workspace.run(&["db", "check", "copy.sqlite"]).succeeded().stdout;
    assert_eq!(sound, "copy.sqlite is sound\n");
    // The history itself is not looked at, nor the configuration.
    fs::remove_file(workspace.path("horarium.toml")).unwrap();
    let _ = workspace.run(&["db", "check", "copy.sqlite"]).succeeded();

    let missing = workspace.run(&["db", "check", "nosuch.sqlite"]).failed();
    let _ = missing.says(&["can't read nosuch.sqlite", "No such file"]);
    assert!(!workspace.path("nosuch.sqlite").exists());
    let _ = workspace.run(&["db", "check", "/dev/null"]).failed().says(&["no regular file"]);
    workspace.write("text.sqlite", "no history at all, but some words of somebody's".repeat(99));
    let _ = workspace.run(&["db", "check", "text.sqlite"]).failed().says(&["text.sqlite"]);
    let database = rusqlite::Connection::open(workspace.path("copy.sqlite")).unwrap();
    database.execute("UPDATE run SET queue = 2 WHERE id = 1", []).unwrap();
    drop(database);
    let faults = workspace.run(&["db", "check", "copy.sqlite"]).failed();
    let _ = faults.says(&["1 fault; take another backup"]);
}
