//! A history that can't be written for a while: it is told, nothing that was told is
//! lost, and every instant is made up for once.

use std::{collections::HashSet, path::Path};

use e2e::{
    Serving, Tmpfs, Workspace,
    asking::{ask, read},
    history::History,
};
use rusqlite::Connection;
use serde_json::Value;

/// Every instant of `paced` is wanted, however late.
const TASKS: &str = r#"
    [host]
    grace = "5m"
    [task.paced]
    plugin = "noop"
    schedule = { every = "100ms" }
    misfire = "all"
    misfire_limit = 10000
    overlap = "queue_all"
    queue_limit = 10000
    [task.pump]
    plugin = "noop"
    schedule = { continuous = true, pause = "20ms" }
    [task.asked]
    plugin = "noop"
    schedule = { manual = true }
"#;

/// The same, in microseconds.
const PACE: i64 = 100_000;

/// What was told to have ended did end so, whatever was due was done once, and the
/// continuous task goes on.
fn nothing_is_lost_nor_done_twice(data: &Path, told: &[Value]) -> History {
    told_once(told);
    let history = History::read(data).unwrap();
    for event in told.iter().filter(|event| event["over"] == true) {
        let run = history.runs.iter().find(|run| event["run"] == run.id);
        let run = run.unwrap_or_else(|| panic!("told, and not in the history: {event}"));
        assert_eq!(event["verdict"], run.state, "{event} {run:?}");
    }
    assert!(history.runs.iter().all(|run| run.state != "running"), "{:?}", history.runs);
    let mut instants: Vec<_> = history.of("paced").map(|run| run.scheduled_for).collect();
    instants.sort_unstable();
    let gaps: Vec<_> = instants.windows(2).filter(|pair| pair[1] - pair[0] != PACE).collect();
    assert!(gaps.is_empty(), "not one run for each instant: {gaps:?}");
    let unfinished = history.of("pump").filter(|run| !run.is_over()).count();
    assert_eq!(unfinished, 1, "the next run of a continuous task waits");
    history
}

/// The same trouble is told once until it is over.
fn told_once(told: &[Value]) {
    let mut troubles = HashSet::new();
    for event in told {
        match event["event"].as_str() {
            Some("store_trouble") => assert!(troubles.insert(&event["error"]), "{event}"),
            Some("store_recovered") => troubles.clear(),
            _ => {}
        }
    }
}

/// Waits until all that was due before the trouble was over is done.
fn caught_up(workspace: &Workspace, mut host: Serving) {
    host.event("store_recovered");
    host.all_over(&["paced", "pump", "paced", "pump"]);
    let (told, ran) = host.stop_and_tell();
    let _ = ran.succeeded();
    let history = nothing_is_lost_nor_done_twice(&workspace.path("data"), &told);
    let again = history.runs.iter().find(|run| run.attempt > 1);
    assert_eq!(again, None, "what ended is not tried again because that was hard to write down");
}

#[test]
fn a_disk_that_is_full_for_a_while() {
    let workspace = Workspace::new(TASKS);
    let data = workspace.path("data");
    let Some(disk) = Tmpfs::mount(&data, "size=24m,mode=700") else { return };
    let mut host = workspace.serve(&[]);
    host.over("paced");
    disk.fill();
    let trouble = host.event("store_trouble");
    assert!(trouble["error"].as_str().unwrap().contains("full"), "{trouble}");
    // Whoever asks is told, and not left waiting. It is read all the same.
    let _ = workspace.run(&["trigger", "asked"]).failed().says(&["audit log", "no storage space"]);
    assert!(!workspace.runs("paced").is_empty());
    let why = "the history can't be written";
    assert_eq!(ask(&data, "GET", "/readyz", "").problem(503), why);
    let status = workspace.run(&["status"]).succeeded().stdout;
    assert!(status.contains(&format!("\nnot ready      {why}\n")), "{status}");
    let (_, page) = read(&data, "/");
    assert!(page.contains("Not ready:") && page.contains(">not ready<"), "{page}");
    disk.free();
    caught_up(&workspace, host);
    assert_eq!(workspace.runs("asked"), Vec::<Value>::new());
}

#[test]
fn a_disk_that_is_mounted_to_be_read() {
    let workspace = Workspace::new(TASKS);
    let data = workspace.path("data");
    let Some(disk) = Tmpfs::mount(&data, "mode=700") else { return };
    let mut host = workspace.serve(&[]);
    host.over("paced");
    let _ = host.stop().succeeded();
    disk.turn_read_only();
    assert!(!workspace.runs("paced").is_empty());
    let tasks = workspace.run(&["tasks"]).succeeded();
    assert!(tasks.stdout.contains("paced") && tasks.stderr.is_empty(), "{tasks}");
    let _ = workspace.run(&["serve"]).failed().says(&["host.lock", "Read-only"]);
}

#[test]
fn a_history_that_somebody_else_holds_at_the_start() {
    let workspace = Workspace::new(TASKS);
    let _ = workspace.serve(&["--for", "0s"]).ended().succeeded();
    let db = Connection::open(workspace.path("data/history.sqlite")).unwrap();
    db.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let ran = workspace.run(&["serve"]).failed();
    let file = workspace.text("data/history.sqlite");
    let _ = ran.says(&["the history in", &file, "locked by another process", "end it"]);
    // Readers are not kept out.
    let _ = workspace.run(&["runs"]).succeeded();
}

#[test]
fn a_history_that_somebody_else_holds_for_a_while() {
    let workspace = Workspace::new(TASKS);
    let mut host = workspace.serve(&[]);
    host.over("paced");
    let db = Connection::open(workspace.path("data/history.sqlite")).unwrap();
    db.busy_timeout(e2e::DEADLINE).unwrap();
    db.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let trouble = host.event("store_trouble");
    assert!(trouble["error"].as_str().unwrap().contains("locked"), "{trouble}");
    db.execute_batch("ROLLBACK").unwrap();
    drop(db);
    caught_up(&workspace, host);
}

#[test]
fn a_disk_that_turns_read_only() {
    let workspace = Workspace::new(TASKS);
    let Some(disk) = workspace.data_on_a_volume() else { return };
    let mut host = workspace.serve(&[]);
    host.all_over(&["paced", "pump"]);
    // Pages that SQLite shares with readers are written to without a call that could fail.
    disk.sync();
    if !disk.turn_read_only() {
        return;
    }
    let trouble = host.event("store_trouble");
    assert!(trouble["error"].as_str().unwrap().contains("history.sqlite"), "{trouble}");
    let _ = workspace.run(&["trigger", "asked"]).failed();
    assert!(!workspace.runs("paced").is_empty(), "it is read all the same");
    let _ = workspace.run(&["status"]).succeeded();
    // Only mounting it anew helps, and for that the host has to let go of it.
    host.terminate();
    host.event("draining");
    // Where something has ended that can't be recorded, it insists; so does this.
    let (mut told, ran) = host.stop_and_tell();
    assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
    disk.restore();
    let mut host = workspace.serve(&[]);
    host.all_over(&["paced", "pump", "paced", "pump"]);
    let (more, ran) = host.stop_and_tell();
    let _ = ran.succeeded();
    told.extend(more);
    // What had ended when the disk failed may have been lost with it, and tried again.
    let _ = nothing_is_lost_nor_done_twice(&workspace.path("data"), &told);
}
