//! Asking a host what it would make of another configuration.

use std::fs;

use e2e::{
    Serving, Web, Workspace,
    asking::{Answer, ask, ask_with},
};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/configuration/check";

const SERVED: &str = r#"
    [task.kept]
    plugin = "noop"
    schedule = { manual = true }
    [task.gone]
    plugin = "noop"
    schedule = { manual = true }
"#;

/// What may be asked of a host instead: one task changes, one comes, one goes.
const OTHER: &str = r#"
host.capacity = 3
[task.kept]
plugin = "noop"
priority = 1
schedule = { manual = true }
[task.new]
plugin = "noop"
schedule = { every = "1h" }
"#;

fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(SERVED);
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

fn check(workspace: &Workspace, text: impl AsRef<[u8]>) -> Answer {
    let head = ["Content-Type: application/toml"];
    ask_with(&workspace.path("data"), "POST", PATH, &head, text.as_ref())
}

/// The keys that something is wrong with.
fn keys(checked: &Value) -> Vec<&str> {
    let problems = checked["problems"].as_array().unwrap().iter();
    problems.map(|problem| problem["key"].as_str().unwrap()).collect()
}

#[test]
fn it_is_told_what_a_reload_would_change_and_nothing_is_changed() {
    let (workspace, host) = host();
    let checked = check(&workspace, OTHER).good();
    assert_eq!(
        checked,
        json!({
            "tasks": 2,
            "plugins": 2,
            "unusable": 0,
            "waiting": 0,
            "problems": [],
            "refused": [],
            "reload": {
                "tasks": 2,
                "added": ["new"],
                "changed": ["kept"],
                "removed": ["gone"],
                "restart": ["host.capacity"],
            },
        })
    );
    let nothing = check(&workspace, "").good();
    assert_eq!(nothing["reload"]["removed"], json!(["gone", "kept"]));

    let (told, _) = host.stop_and_tell();
    assert!(!told.iter().any(|event| event["event"] == "reloaded"), "{told:?}");
    let known = workspace.run(&["tasks", "--json"]).succeeded().json();
    let known: Vec<_> = known.as_array().unwrap().iter().map(|task| &task["task"]).collect();
    assert_eq!(known, ["gone", "kept"]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let (workspace, host) = host();
    let broken = check(&workspace, "[task.a]\nplugin = 3\n\n[host]\ncapcity = 1\n").good();
    assert_eq!(keys(&broken), ["task.a", "task.a.plugin", "host.capcity"]);
    let problem = &broken["problems"][2];
    assert_eq!((&problem["line"], &problem["column"]), (&json!(5), &json!(1)));
    assert!(problem["help"].as_str().unwrap().contains("capacity"), "{problem}");
    assert_eq!(broken.get("reload"), None, "the host would go on with what it has");
    assert!(keys(&check(&workspace, "= ").good()).iter().all(|key| key.is_empty()));

    // What the plugins say to it; a reload would take it all the same.
    let vague = "[task.a]\nplugin = \"absent\"\nschedule = { manual = true }\n";
    let vague = check(&workspace, vague).good();
    assert_eq!(keys(&vague), ["task.a.plugin"]);
    assert_eq!(vague["reload"]["removed"], json!(["gone", "kept"]));

    // A running host's own folders are nobody's, whatever this text calls them.
    let grab = r#"
        data_dir = "elsewhere"
        [task.a]
        plugin = "noop"
        schedule = { manual = true }
        grants.dirs = [{ host = "data", guest = "/in" }]
    "#;
    assert_eq!(keys(&check(&workspace, grab).good()), ["task.a.grants.dirs[0].host"]);

    workspace.write("plugins/odd.wasm", "hello");
    let mut host = host;
    host.plugin("odd", "plugin_refused");
    let refused = check(&workspace, SERVED).good();
    assert_eq!(refused["refused"][0]["plugin"], "odd");
    let _ = host.stop().succeeded();
}

#[test]
fn what_is_no_configuration_is_refused() {
    let (workspace, host) = host();
    let path = workspace.path("data");
    let long = "Content-Length: 67108865";
    let head = ["Content-Type: application/toml", long];
    assert!(ask_with(&path, "POST", PATH, &head, b"").problem(413).contains("longer"));
    assert!(check(&workspace, b"a = \"caf\xe9\"").problem(400).contains("UTF-8, from byte 8"));
    assert!(ask(&path, "POST", PATH, "{}").problem(415).contains("application/toml"));
    assert_eq!(ask(&path, "GET", PATH, "").status, 405);
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(keys(&check(&workspace, deep).good()).iter().all(|key| key.is_empty()));
    let _ = host.stop().succeeded();
}

#[test]
fn secrets_stay_where_they_are() {
    let workspace = Workspace::new(SERVED);
    workspace.write("secret", "hunter2-in-a-file");
    workspace.write("short", "abc42");
    let mut host =
        workspace.serve_in(&[("WORD", "hunter2-in-the-environment"), ("TINY", "xyz43")], &[]);
    host.event("tasks");
    let text = r#"
        [task.kept]
        plugin = "noop"
        schedule = { manual = true }
        grants.env = { A = { from_env = "WORD" }, B = { from_file = "secret" }, C = { from_env = "TINY" }, D = { from_file = "short" } }
        grants.stdin = { from_file = "secret" }
    "#;
    let told = check(&workspace, text).good();
    assert_eq!(keys(&told).len(), 2, "two of them are too short: {told}");
    let sound = check(
        &workspace,
        text.replace(", C = { from_env = \"TINY\" }, D = { from_file = \"short\" }", ""),
    );
    let sound = sound.good();
    assert_eq!(sound["reload"]["changed"], json!(["kept"]), "{sound}");
    for secret in ["hunter2", "abc42", "xyz43"] {
        assert!(!format!("{told}{sound}").contains(secret), "{told}{sound}");
    }
    let _ = host.stop().succeeded();
}

#[test]
fn a_file_is_checked_elsewhere_as_it_is_here() {
    let workspace = Workspace::new(SERVED);
    let mut host = workspace.serve(&["--listen", "127.0.0.1:0"]);
    let url = format!("http://{}", Web::of(&mut host).address);
    let admin = workspace.token("admin", &[]);
    let run = workspace.token("run", &[]);
    let elsewhere = Workspace::bare();
    fs::remove_dir(elsewhere.path("plugins")).unwrap();
    let there = |token: &str, args: &[&str]| {
        let args = [&["check", "--host", &url], args].concat();
        elsewhere.run_with(&args, &[("HORARIUM_TOKEN", token)])
    };

    let folders = "plugin_dir = \"plugins\"\ndata_dir = \"data\"\n";
    elsewhere.write("new.toml", format!("{folders}{OTHER}"));
    let ran = there(&admin, &["new.toml"]).succeeded();
    assert_eq!(
        ran.stdout,
        "new.toml is sound: 2 tasks, 2 plugins\n\
         a reload would mean: 1 task new, 1 changed, 1 gone; waits for a restart: host.capacity\n"
    );
    let told = there(&admin, &["--json", "--config", "new.toml"]).succeeded().json();
    assert_eq!(told["reload"]["added"], json!(["new"]));

    // The same words, the same places, the same name.
    let broken = "[task.kept]\nplugin = \"none\"\nschedule = { every = \"soon\" }\n\"ä\" = 1\n";
    let broken = format!("{folders}{broken}");
    for workspace in [&elsewhere, &workspace] {
        workspace.write("broken.toml", &broken);
    }
    for more in [&[][..], &["--json"]] {
        let args = [&["broken.toml"], more].concat();
        let ran = there(&admin, &args).failed();
        let here = workspace.run(&[&["check"], &args[..]].concat()).failed();
        assert_eq!((&ran.stdout, &ran.stderr), (&here.stdout, &here.stderr));
        assert!(format!("{ran}").contains("broken.toml"), "{ran}");
    }

    let _ = there(&run, &["new.toml"]).failed().says(&["`admin`"]);
    let _ = there(&admin, &["none.toml"]).failed().says(&["there is no none.toml in "]);
    elsewhere.write("latin-1.toml", b"a = \"caf\xe9\"");
    let _ = there(&admin, &["latin-1.toml"]).failed().says(&["latin-1.toml", "UTF-8"]);
    let _ = host.stop().succeeded();
}
