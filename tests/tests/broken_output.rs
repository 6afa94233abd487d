//! Nobody can read what the host says: its work goes on.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::PermissionsExt,
    process::Stdio,
    time::{Duration, Instant},
};

use e2e::Workspace;
use rustix::process::{Pid, Signal, kill_process};

/// Only guards against hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where every write fails, as on a disk that is full.
fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

fn finished(workspace: &Workspace) -> bool {
    let ran = workspace.run(&["runs", "--json", "--state", "succeeded"]);
    // Before the host has made its history there is none to read.
    ran.code == Some(0) && !ran.json().as_array().unwrap().is_empty()
}

#[test]
fn a_host_whose_log_is_on_a_full_disk_works_on_and_ends_well() {
    let workspace = Workspace::new(
        "[task.chatty]
         plugin = \"unruly\"
         function = \"log_many\"
         args = { entries = 3000 }
         schedule = { once = true }",
    );
    let mut serve = workspace.command(&["serve"]).stdout(full()).stderr(full()).spawn().unwrap();
    let patience = Instant::now() + PATIENCE;
    while !finished(&workspace) {
        assert!(Instant::now() < patience, "the run does not succeed");
        assert!(serve.try_wait().unwrap().is_none(), "the host has ended");
    }
    kill_process(Pid::from_child(&serve), Signal::TERM).unwrap();
    assert_eq!(serve.wait().unwrap().code(), Some(0));
}

#[test]
fn a_host_that_nobody_reads_works_on_and_ends_well() {
    let workspace = Workspace::new(
        "[task.chatty]
         plugin = \"unruly\"
         function = \"log_many\"
         args = { entries = 3000 }
         schedule = { once = true }
         log = \"1MiB\"",
    );
    // More than the pipe holds, and it stays open, unread.
    let mut serve = workspace.command(&["serve", "--json"]).stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now() + PATIENCE;
    while !finished(&workspace) {
        assert!(Instant::now() < patience, "the run does not succeed");
        assert!(serve.try_wait().unwrap().is_none(), "the host has ended");
    }
    kill_process(Pid::from_child(&serve), Signal::TERM).unwrap();
    assert_eq!(serve.wait().unwrap().code(), Some(0));
}

#[test]
fn a_warning_that_can_t_be_printed_is_no_panic() {
    let workspace = Workspace::new("");
    let cache = workspace.path("data/cache");
    fs::remove_file(&cache).unwrap();
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    let said = workspace.run(&["plugins"]).succeeded().stderr;
    assert!(said.contains("can be written by others"), "{said}");
    let status = workspace.command(&["plugins"]).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn what_can_t_be_printed_is_told_once_and_is_no_success() {
    let workspace = Workspace::new(
        "[task.a]
         plugin = \"unruly\"
         function = \"log_many\"
         args = { entries = 1 }
         schedule = { manual = true }
         [task.b]
         plugin = \"unruly\"
         function = \"log_many\"
         args = { entries = 1 }
         schedule = { manual = true }",
    );
    for words in [&["tasks"][..], &["tasks", "--json"], &["check"], &["plugins"]] {
        let _ = workspace.run(words).succeeded();
        let ran = workspace.command(words).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{words:?}: {said}");
        let told = said.matches("can't write to standard output: No space left").count();
        assert_eq!(told, 1, "{words:?}: {said}");
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let workspace = Workspace::new("");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ran =
        workspace.command(&["schema"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((ran.status.code(), ran.stderr.as_slice()), (Some(0), &b""[..]));
}
