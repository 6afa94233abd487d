//! The plugin directory, while a host serves.

use std::{fs, io::Write};

use e2e::{Serving, Workspace, built};
use serde_json::{Value, json};

/// Another version of a plugin: the same code, and a custom section at its end.
pub(crate) fn version(plugin: &str, mark: &str) -> Vec<u8> {
    let mut bytes = fs::read(built::plugin(plugin)).unwrap();
    let name = b"version";
    let length = 1 + name.len() + mark.len();
    // Section 0, its length, its name's length (all below 128, so one byte each).
    bytes.extend([0, u8::try_from(length).unwrap(), u8::try_from(name.len()).unwrap()]);
    bytes.extend(name);
    bytes.extend(mark.as_bytes());
    bytes
}

/// The version that an ended run's last attempt ran.
fn version_of(workspace: &Workspace, over: &Value) -> Value {
    workspace.attempts(&over["run"]).last().unwrap()["plugin"].clone()
}

/// Waits for the next run to begin, and for its end: one that began before
/// whatever was waited for last may still be told about.
fn next_end(host: &mut Serving, task: &str) -> Value {
    let run = host.of(task, "started")["run"].clone();
    host.until(&format!("end of run {run} of {task}"), |event| {
        event["event"] == "ended" && event["run"] == run && event["over"] == true
    })
}

const TICK: &str = r#"
    [task.tick]
    plugin = "tick"
    function = "noop"
    schedule = { every = "200ms" }
    retry = { max_attempts = 1 }
"#;

/// A host whose task's plugin is there.
fn ticking() -> (Workspace, Serving, Value) {
    let workspace = Workspace::bare();
    workspace.configure(TICK);
    workspace.add_plugin("tick", "tests/noop");
    let mut host = workspace.serve(&[]);
    let loaded = host.plugin("tick", "plugin_loaded");
    assert_eq!(next_end(&mut host, "tick")["verdict"], "succeeded");
    (workspace, host, loaded["digest"].clone())
}

#[test]
fn a_plugin_that_is_put_there_is_used() {
    let workspace = Workspace::bare();
    workspace.configure(TICK);
    let mut host = workspace.serve(&[]);
    let tasks = host.event("tasks");
    assert_eq!(tasks["problems"][0]["key"], "task.tick.plugin");
    let end = next_end(&mut host, "tick");
    assert_eq!(end["verdict"], "failed");
    assert!(end["error"].as_str().unwrap().starts_with("there is no plugin `tick` in"), "{end}");

    workspace.replace("plugins/tick.wasm", version("tests/noop", "one"));
    let loaded = host.plugin("tick", "plugin_loaded");
    assert_eq!(loaded["functions"], json!(["noop"]));
    assert_eq!(host.event("tasks")["problems"], json!([]));
    assert_eq!(next_end(&mut host, "tick")["verdict"], "succeeded");
    let _ = host.stop().succeeded();
}

#[test]
fn a_new_version_is_used_by_the_next_run() {
    let (workspace, mut host, first) = ticking();
    workspace.replace("plugins/tick.wasm", version("tests/noop", "two"));
    let second = host.plugin("tick", "plugin_loaded")["digest"].clone();
    assert_ne!(first, second);
    let end = next_end(&mut host, "tick");
    assert_eq!(version_of(&workspace, &end), second);
    let _ = host.stop().succeeded();
    assert_eq!(version_of(&workspace, &workspace.runs("tick")[0]), first);
}

#[test]
fn a_running_attempt_keeps_its_version() {
    let workspace = Workspace::new(
        r#"
        [task.gated]
        plugin = "unruly"
        function = "wait"
        args = { path = "/gate/open" }
        schedule = { continuous = true }
        timeout = "5m"
        fuel = "unlimited"
        grants.dirs = [{ host = "gate", guest = "/gate" }]
        "#,
    );
    let mut host = workspace.serve(&[]);
    let first = host.plugin("unruly", "plugin_loaded")["digest"].clone();
    host.says("gated", "waiting");
    workspace.replace("plugins/unruly.wasm", version("tests/unruly", "two"));
    let second = host.plugin("unruly", "plugin_loaded")["digest"].clone();
    workspace.write("gate/open", "");
    let (before, after) = (host.over("gated"), host.over("gated"));
    let _ = host.stop().succeeded();
    assert_eq!(before["verdict"], "succeeded");
    assert_eq!(version_of(&workspace, &before), first);
    assert_eq!(version_of(&workspace, &after), second);
}

#[test]
fn a_file_that_is_still_being_written_harms_nobody() {
    let (workspace, mut host, first) = ticking();
    let bytes = version("tests/noop", "grown");
    let (half, rest) = bytes.split_at(bytes.len() / 2);
    let mut file = fs::File::create(workspace.path("plugins/tick.wasm")).unwrap();
    file.write_all(half).unwrap();
    // It rests, and is no plugin: that is said, and the last good version stays.
    let refused = host.plugin("tick", "plugin_refused");
    assert_eq!(refused["keeps"], first);
    let end = next_end(&mut host, "tick");
    assert_eq!(end["verdict"], "succeeded");
    assert_eq!(version_of(&workspace, &end), first);

    file.write_all(rest).unwrap();
    drop(file);
    let second = host.plugin("tick", "plugin_loaded")["digest"].clone();
    assert_ne!(second, first);
    let end = next_end(&mut host, "tick");
    assert_eq!(version_of(&workspace, &end), second);
    let (told, ran) = host.stop_and_tell();
    let _ = ran.succeeded();
    let failed = |event: &&Value| event["event"] == "ended" && event["verdict"] != "succeeded";
    assert_eq!(told.iter().find(failed), None, "no run has noticed");
}

#[test]
fn a_bad_replacement_is_reported_and_the_last_good_version_stays() {
    let (workspace, mut host, first) = ticking();
    for (content, complaint) in [
        (&b"#!/bin/sh\necho hello\n"[..], "not WebAssembly"),
        (b"", "the file is empty"),
        (b"\0asm\x01\0\0\0", "a core module, not a component"),
        (b"\0asm\x0d\0\x01\0", "it exports neither `horarium:task/guest`"),
    ] {
        workspace.replace("plugins/tick.wasm", content);
        let refused = host.plugin("tick", "plugin_refused");
        assert!(refused["error"].as_str().unwrap().contains(complaint), "{refused}");
        assert_eq!(refused["keeps"], first);
        let end = next_end(&mut host, "tick");
        assert_eq!(end["verdict"], "succeeded");
        assert_eq!(version_of(&workspace, &end), first);
    }
    let _ = host.stop().succeeded();
}

#[test]
fn without_its_plugin_a_task_fails_and_says_why() {
    let (workspace, mut host, _) = ticking();
    fs::remove_file(workspace.path("plugins/tick.wasm")).unwrap();
    host.plugin("tick", "plugin_removed");
    let end = next_end(&mut host, "tick");
    assert_eq!(end["verdict"], "failed");
    let _ = host.stop().succeeded();
    let attempts = workspace.attempts(&end["run"]);
    let error = attempts[0]["error"].as_str().unwrap();
    assert!(error.starts_with("there is no plugin `tick` in"), "{error}");
    assert_eq!(attempts[0]["plugin"], Value::Null);
}

#[test]
fn a_version_without_the_function_fails_and_says_so() {
    let (workspace, mut host, _) = ticking();
    workspace.replace("plugins/tick.wasm", fs::read(built::plugin("tests/unruly")).unwrap());
    let digest = host.plugin("tick", "plugin_loaded")["digest"].clone();
    assert_eq!(host.event("tasks")["problems"][0]["key"], "task.tick.function");
    let end = next_end(&mut host, "tick");
    let _ = host.stop().succeeded();
    assert_eq!(end["verdict"], "failed");
    assert!(end["error"].as_str().unwrap().ends_with("has no task function `noop`"), "{end}");
    assert_eq!(version_of(&workspace, &end), digest);
}

#[test]
fn a_directory_that_is_gone_for_a_while_changes_nothing() {
    let (workspace, mut host, first) = ticking();
    fs::rename(workspace.path("plugins"), workspace.path("away")).unwrap();
    host.event("plugin_dir_unreadable");
    let end = next_end(&mut host, "tick");
    assert_eq!(end["verdict"], "succeeded");
    assert_eq!(version_of(&workspace, &end), first);
    fs::rename(workspace.path("away"), workspace.path("plugins")).unwrap();
    workspace.replace("plugins/tick.wasm", version("tests/noop", "two"));
    host.plugin("tick", "plugin_loaded");
    let _ = host.stop().succeeded();
}
