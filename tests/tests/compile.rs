//! Compiling: what is too much, and what it does to others.

use std::{
    fs,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use e2e::{DEADLINE, Serving, Workspace, bomb, built};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// Minutes of computing, in little memory.
fn slow_bomb() -> Vec<u8> {
    bomb::component(30, 100, 1000)
}

/// Gigabytes, in no time.
fn large_bomb() -> Vec<u8> {
    bomb::component(1, 1000, 20_000)
}

/// Two tasks that are due all the time, one of them with a plugin that is a bomb.
fn tasks(compile: &str) -> String {
    format!(
        r#"
        host.compile = {{ {compile} }}
        [task.tick]
        plugin = "noop"
        schedule = {{ every = "200ms" }}
        retry = {{ max_attempts = 1 }}
        [task.boom]
        plugin = "bomb"
        function = "noop"
        schedule = {{ every = "200ms" }}
        retry = {{ max_attempts = 1 }}
        "#
    )
}

/// A workspace with `noop` and a bomb.
fn mined(compile: &str, bomb: &[u8]) -> Workspace {
    let workspace = Workspace::bare();
    workspace.configure(&tasks(compile));
    workspace.add_plugin("noop", "tests/noop");
    workspace.replace("plugins/bomb.wasm", bomb);
    workspace
}

/// The compilers that a host has running.
fn compilers(host: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{host}/task")).unwrap();
    let children =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    children
        .flat_map(|line| {
            line.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()
        })
        .collect()
}

/// Waits for something that no process tells.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "no {what} for long");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The one compiler of a host, as soon as it has set its limits.
fn compiler(host: &Serving) -> u32 {
    eventually("compiler", || match compilers(host.pid())[..] {
        [pid] => {
            fs::read_to_string(format!("/proc/{pid}/stat")).ok()?.contains(" 30 10 ").then_some(pid)
        }
        _ => None,
    })
}

fn is_there(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    // Nobody may have asked for its exit status yet.
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

fn error(event: &Value) -> &str {
    event["error"].as_str().unwrap()
}

#[test]
fn what_takes_too_long_is_refused() {
    let workspace = mined("timeout = \"1s\"", &slow_bomb());
    let complaint = "it takes longer than 1s to compile; `host.compile.timeout` allows more";
    let told = workspace.run(&["check", "--json"]).failed().json();
    assert_eq!(told["refused"], json!([{ "plugin": "bomb", "error": complaint }]));
    let ran = workspace.run(&["run", "boom"]).failed();
    let _ = ran.says(&["bomb.wasm is no plugin", complaint]);
}

#[test]
fn what_takes_too_much_memory_is_refused() {
    let workspace = mined("memory = \"256MiB\"", &large_bomb());
    let told = workspace.run(&["check", "--json"]).failed().json();
    let complaint = "it brings the compiler down (SIGABRT), as where it needs more than 256.0 MiB; \
                     `host.compile.memory` allows more";
    assert_eq!(told["refused"], json!([{ "plugin": "bomb", "error": complaint }]));
}

#[test]
fn the_smallest_limits_are_enough_for_a_plugin() {
    let workspace = Workspace::bare();
    fs::remove_file(workspace.path("data/cache")).unwrap();
    workspace.configure("host.compile.memory = \"256MiB\"");
    workspace.add_plugin("unruly", "tests/unruly");
    let _ = workspace.run(&["check"]).succeeded();
}

#[test]
fn a_bomb_holds_up_neither_the_start_nor_anybody_else() {
    // It is never done within this test.
    let workspace = mined("timeout = \"24h\", memory = \"16GiB\"", &slow_bomb());
    let mut host = workspace.serve(&["--trigger", "boom"]);
    let tasks = host.event("tasks");
    assert_eq!((&tasks["count"], &tasks["waiting"]), (&json!(2), &json!(1)), "{tasks}");
    assert_eq!(tasks["problems"], json!([]), "what will come of the bomb is open");
    assert_eq!(host.over("tick")["verdict"], "succeeded");
    // As many as there are slots on a small machine, and then a good one.
    workspace.replace("plugins/bomb-2.wasm", bomb::component(29, 100, 1000));
    workspace.replace("plugins/bomb-3.wasm", bomb::component(28, 100, 1000));
    eventually("third compiler", || (compilers(host.pid()).len() >= 2).then_some(()));
    workspace.replace("plugins/good.wasm", version("tests/noop", "unknown to the cache"));
    host.plugin("good", "plugin_loaded");
    let (told, ran) = host.stop_and_tell();
    let _ = ran.succeeded();
    assert!(told.iter().all(|event| event["event"] != "plugin_refused"), "the bombs go on");
    assert!(told.iter().all(|event| event["task"] != "boom"), "no run of what is not there yet");
}

#[test]
fn a_bomb_that_arrives_later_is_told_and_harms_nobody() {
    let workspace = Workspace::bare();
    workspace.configure(&tasks("timeout = \"1s\""));
    workspace.add_plugin("noop", "tests/noop");
    let mut host = workspace.serve(&[]);
    assert_eq!(host.over("tick")["verdict"], "succeeded");
    workspace.replace("plugins/bomb.wasm", slow_bomb());
    let refused = host.plugin("bomb", "plugin_refused");
    assert!(error(&refused).contains("takes longer than 1s"), "{refused}");
    assert_eq!(host.over("tick")["verdict"], "succeeded");
    // And not again and again.
    let (told, ran) = host.stop_and_tell();
    let _ = ran.succeeded();
    assert_eq!(told.iter().filter(|event| event["event"] == "plugin_refused").count(), 1);
    let failed = |event: &&Value| event["task"] == "tick" && event["verdict"] == "failed";
    assert_eq!(told.iter().find(failed), None);
}

#[test]
fn a_compiler_is_confined() {
    let workspace = mined("timeout = \"24h\", memory = \"1GiB\"", &slow_bomb());
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let pid = compiler(&host);
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(limit("Max address space"), (1 << 30).to_string());
    assert_eq!(limit("Max cpu time"), (24 * 3600).to_string());
    assert_eq!(limit("Max core file size"), "0");
    let _ = host.stop().succeeded();
    eventually("end of the compiler", || (!is_there(pid)).then_some(()));
}

#[test]
fn a_compiler_that_is_killed_is_told() {
    let workspace = mined("timeout = \"24h\"", &slow_bomb());
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let pid = Pid::from_raw(compiler(&host).cast_signed()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    let refused = host.plugin("bomb", "plugin_refused");
    assert_eq!(error(&refused), "the compiler was ended by signal 9");
    // The task is one without a plugin from now on.
    assert_eq!(host.event("tasks")["problems"][0]["key"], "task.boom.plugin");
    let _ = host.stop().succeeded();
}

#[test]
fn a_compiler_dies_with_its_host() {
    let workspace = mined("timeout = \"24h\"", &slow_bomb());
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let pid = compiler(&host);
    let _ = host.kill();
    eventually("end of the compiler", || (!is_there(pid)).then_some(()));
}

#[test]
fn a_host_whose_binary_was_replaced_goes_on_compiling() {
    let workspace = Workspace::bare();
    workspace.configure("");
    let binary = workspace.path("horarium");
    fs::copy(built::horarium(), &binary).unwrap();
    let mut host = workspace.serve_with(&binary, &[]);
    host.event("tasks");
    fs::remove_file(&binary).unwrap();
    workspace.write("horarium", "#!/bin/sh\necho hello\n");
    workspace.replace("plugins/new.wasm", version("tests/noop", "replaced"));
    host.plugin("new", "plugin_loaded");
    let _ = host.stop().succeeded();
}

#[test]
fn the_compilers_verb_is_nobody_elses() {
    let workspace = Workspace::bare();
    assert!(!workspace.run(&["--help"]).succeeded().stdout.contains("compile-plugin"));
    for nonsense in ["", "hello\n", "{\"metering\":\"metered\"}\n"] {
        workspace.write("order", nonsense);
        let order = fs::File::open(workspace.path("order")).unwrap();
        let mut command = workspace.command(&["compile-plugin"]);
        let output = command.stdin(Stdio::from(order)).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{nonsense:?}");
    }
}

/// Another version of a plugin: the same code, and a custom section at its end.
fn version(plugin: &str, mark: &str) -> Vec<u8> {
    let mut bytes = fs::read(built::plugin(plugin)).unwrap();
    let length = u8::try_from(mark.len()).unwrap();
    bytes.extend([0, length + 2, 1, b'v']);
    bytes.extend(mark.as_bytes());
    bytes
}
