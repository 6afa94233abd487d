//! A data directory with troubles, and numbers that nobody has given.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
};

use e2e::{Ran, Tmpfs, Workspace};
use rusqlite::Connection;
use serde_json::Value;

const PING: &str = r#"
    [host]
    grace = "5m"
    [task.ping]
    plugin = "noop"
    schedule = { every = "100ms" }
    [task.pump]
    plugin = "noop"
    schedule = { continuous = true, pause = "20ms" }
"#;

/// A workspace without the shared compile cache in its data directory.
fn with_empty_data_dir() -> Workspace {
    let workspace = Workspace::new(PING);
    fs::remove_file(workspace.path("data/cache")).unwrap();
    workspace
}

#[test]
fn runs_that_nobody_has_heard_of() {
    let workspace = Workspace::new(PING);
    for verb in [&["runs"][..], &["logs", "1"]] {
        let _ = workspace
            .run(verb)
            .failed()
            .says(&["there is no history in", "`horarium serve` begins one"]);
    }
    let mut host = workspace.serve(&[]);
    host.over("ping");
    let _ = host.stop().succeeded();
    for number in ["999999", "0", "9223372036854775807"] {
        let complaint = format!("there is no run {number}");
        let _ = workspace.run(&["runs", number]).failed().says(&[&complaint]);
        let _ = workspace.run(&["logs", number]).failed().says(&[&complaint]);
    }
    for number in ["one", "1.5", "99999999999999999999", ""] {
        let _ = workspace.run(&["runs", number]).misused();
    }
    for neither in ["99999999999999999999", "", "no name", "-x"] {
        let _ = workspace.run(&["logs", neither]).misused();
    }
    // What may be the name of a task is taken for one.
    let _ = workspace.run(&["logs", "1.5"]).failed().says(&["there is no run of a task `1.5`"]);
    let _ = workspace.run(&["runs", "--", "-1"]).failed().says(&["there is no run -1"]);
    assert_eq!(workspace.runs("unheard-of"), Vec::<Value>::new());
    let _ = workspace.run(&["runs", "--task", "no name"]).misused();
    let _ = workspace.run(&["runs", "--state", "fine"]).misused().says(&["a state is one of"]);
    let _ = workspace.run(&["next", "pong"]).failed().says(&["did you mean `ping`?"]);
    for verb in ["next", "runs", "alerts"] {
        for count in ["0", "x"] {
            let ran = workspace.run(&[verb, "-n", count]).misused();
            let _ = ran.says(&["it is a whole number from 1"]);
        }
    }
    let _ = workspace.run(&["alerts", "--before", "x"]).misused().says(&["by its number"]);
    let _ = workspace
        .run(&["trigger", "ping", "--after", "1000000000h"])
        .misused()
        .says(&["nobody waits that long"]);
    let _ = workspace.run(&["next", "--from", "soon"]).misused().says(&["is not an instant"]);
}

#[test]
fn a_history_that_somebody_may_not_see_is_not_called_missing() {
    let workspace = Workspace::new("task.ping = { plugin = \"noop\", schedule = { once = true } }");
    let mut host = workspace.serve(&[]);
    host.over("ping");
    let _ = host.stop().succeeded();
    let modes = |path: &str, mode| {
        fs::set_permissions(workspace.path(path), Permissions::from_mode(mode)).unwrap();
    };
    modes("", 0o755);
    for verb in ["runs", "tasks"] {
        let mut ask = workspace.command(&[verb]);
        // Whoever is root may see everything.
        match fs::metadata("/proc/self").unwrap().uid() {
            0 => drop(ask.uid(65_534).gid(65_534)),
            _ => modes("data", 0o000),
        }
        let ran = Ran::new(format!("horarium {verb}"), &ask.output().unwrap()).failed();
        modes("data", 0o700);
        let ran = ran.says(&["history.sqlite can't be used: you may not look into it", "ask as"]);
        assert!(!ran.stderr.contains("there is no history"), "{ran}");
    }
}

#[test]
fn a_file_where_the_directory_should_be() {
    let workspace = with_empty_data_dir();
    fs::remove_dir(workspace.path("data")).unwrap();
    workspace.write("data", "a file");
    let ran = workspace.run(&["serve"]).failed();
    let _ = ran.says(&["the history in", &workspace.text("data"), "not a directory"]);
    let _ = workspace.run(&["runs"]).failed().says(&["history.sqlite"]);
    assert_eq!(fs::read_to_string(workspace.path("data")).unwrap(), "a file");
}

#[test]
fn a_directory_that_is_made_where_it_is_missing() {
    let workspace = with_empty_data_dir();
    fs::remove_dir(workspace.path("data")).unwrap();
    let mut host = workspace.serve(&[]);
    host.over("ping");
    let _ = host.stop().succeeded();
    let mode = fs::metadata(workspace.path("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "it is nobody else's business");
}

#[test]
fn a_directory_that_cant_be_written() {
    let workspace = with_empty_data_dir();
    let data = workspace.path("data");
    // Root writes wherever it likes, except where the file system does not.
    let root = rustix::process::getuid().is_root();
    let _mounted = if root {
        let Some(mounted) = Tmpfs::mount(&data, "ro") else { return };
        Some(mounted)
    } else {
        fs::set_permissions(&data, fs::Permissions::from_mode(0o500)).unwrap();
        None
    };
    let ran = workspace.run(&["serve"]).failed();
    let _ = ran.says(&["the history in", &workspace.text("data")]);
    // What needs no history does without.
    assert_eq!(workspace.run(&["check"]).succeeded().stderr, "");
}

#[test]
fn a_history_that_is_none() {
    let workspace = Workspace::new(PING);
    for garbage in [&b"this is no database, and was never one"[..], &[0xA5; 8192]] {
        workspace.write("data/history.sqlite", garbage);
        let ran = workspace.run(&["serve"]).failed();
        let _ = ran.says(&["the history in", "history.sqlite", "not a database"]);
        let _ = workspace.run(&["runs"]).failed().says(&["history.sqlite"]);
        let left = fs::read(workspace.path("data/history.sqlite")).unwrap();
        assert_eq!(left, garbage, "it stays as it was");
    }
}

#[test]
fn a_database_of_another_program() {
    let workspace = Workspace::new(PING);
    let path = workspace.path("data/history.sqlite");
    let db = Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE recipes (cake TEXT); INSERT INTO recipes VALUES ('plum')")
        .unwrap();
    drop(db);
    let ran = workspace.run(&["serve"]).failed();
    let _ = ran.says(&["the history in", "another program"]);
    let db = Connection::open(&path).unwrap();
    let cake: String = db.query_row("SELECT cake FROM recipes", [], |row| row.get(0)).unwrap();
    assert_eq!(cake, "plum");
}

#[test]
fn a_history_of_a_later_version() {
    let workspace = Workspace::new(PING);
    let _ = workspace.serve(&["--for", "0s"]).ended().succeeded();
    let db = Connection::open(workspace.path("data/history.sqlite")).unwrap();
    db.execute_batch("PRAGMA user_version = 999").unwrap();
    drop(db);
    let ran = workspace.run(&["serve"]).failed();
    let _ = ran.says(&["its layout is version 999"]);
}

#[test]
fn a_damaged_history_is_survived() {
    let workspace = Workspace::new(PING);
    let mut host = workspace.serve(&[]);
    host.all_over(&["ping", "ping", "pump", "pump"]);
    let _ = host.stop().succeeded();
    let path = workspace.path("data/history.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    // All pages but the first.
    let last = bytes.len();
    bytes[4096..last].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let _ = workspace.run(&["runs"]).failed().says(&["history.sqlite"]);
    let ran = workspace.run(&["serve", "--for", "1s"]);
    assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
}

#[test]
fn who_only_looks_leaves_nothing() {
    let workspace = Workspace::new(&format!("data_dir = \"later\"\n{PING}"));
    for verb in ["check", "tasks", "next", "plugins", "graph", "runs"] {
        let _ = workspace.run(&[verb]);
        assert!(!workspace.path("later").exists(), "{verb}");
    }
}

#[test]
fn a_cache_that_others_can_write_to_is_not_used() {
    let workspace = with_empty_data_dir();
    workspace.make_dir("data/cache");
    let open = fs::Permissions::from_mode(0o777);
    fs::set_permissions(workspace.path("data/cache"), open).unwrap();
    let ran = workspace.run(&["plugins"]).succeeded();
    let _ = ran.says(&["can be written by others", "compiling plugins every time"]);
    assert_eq!(fs::read_dir(workspace.path("data/cache")).unwrap().count(), 0);
}
