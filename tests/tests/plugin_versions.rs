//! Plugins that are brought over the API, and brought back.

use std::fs;

use e2e::{
    Web, Workspace,
    asking::{Answer, ask, ask_with, put, read, submit},
    built,
};
use serde_json::{Value, json};

use crate::plugins_live::version;

const TASK: &str = r#"
    [task.report]
    plugin = "tick"
    function = "noop"
    schedule = { manual = true }
"#;

const WASM: &str = "application/wasm";

fn upload(workspace: &Workspace, plugin: &str, file: &[u8]) -> Answer {
    put(&workspace.path("data"), &format!("/api/v1/plugins/{plugin}"), WASM, file)
}

fn roll_back(workspace: &Workspace, body: &Value) -> Answer {
    let path = "/api/v1/plugins/tick/rollback";
    ask(&workspace.path("data"), "POST", path, &body.to_string())
}

/// The versions that an answer lists.
fn versions(plugin: &Value) -> Vec<&str> {
    let versions = plugin["versions"].as_array().unwrap().iter();
    versions.map(|version| version["digest"].as_str().unwrap()).collect()
}

#[test]
fn a_plugin_is_brought_used_and_taken_back() {
    let workspace = Workspace::bare();
    workspace.configure(TASK);
    workspace.add_plugin("tick", "tests/noop");
    let mut host = workspace.serve(&[]);
    let first = host.plugin("tick", "plugin_loaded")["digest"].clone();
    host.event("tasks");

    let second = upload(&workspace, "tick", &version("tests/noop", "two")).good();
    assert_ne!(second["digest"], first);
    assert_eq!(second["functions"][0]["name"], "noop");
    assert_eq!(versions(&second), [&second["digest"], &first].map(|it| it.as_str().unwrap()));
    let mut ran = || {
        let _ = workspace.run(&["trigger", "report"]).succeeded();
        let run = host.over("report")["run"].clone();
        workspace.attempts(&run).last().unwrap()["plugin"].clone()
    };
    assert_eq!(ran(), second["digest"]);

    let back = roll_back(&workspace, &json!({})).good();
    assert_eq!(back["digest"], first);
    assert_eq!(ran(), first);
    // The one before the one before; and by its name.
    assert_eq!(roll_back(&workspace, &json!({})).good()["digest"], second["digest"]);
    assert_eq!(roll_back(&workspace, &json!({ "digest": first })).good()["digest"], first);
    assert_eq!(
        fs::read(workspace.path("plugins/tick.wasm")).unwrap(),
        fs::read(built::plugin("tests/noop")).unwrap(),
        "it is what it was, byte for byte"
    );
    // The page offers the same.
    let (_, page) = read(&workspace.path("data"), "/plugins/tick");
    assert!(page.contains("Bring back"), "{page}");
    let wanted = format!("digest={}", second["digest"].as_str().unwrap());
    let data = workspace.path("data");
    let done = submit(&data, "/plugins/tick/rollback", &wanted);
    assert!(done.status == 303 && done.head.contains("/plugins/tick?done=rolled-back"), "{done:?}");
    assert_eq!(ran(), second["digest"]);
    let nonsense = submit(&data, "/plugins/tick/rollback", "digest=1");
    assert_eq!(nonsense.status, 400, "{nonsense:?}");
    assert_eq!(roll_back(&workspace, &json!({ "digest": first })).good()["digest"], first);
    // What is written to the folder by hand is a version as well.
    workspace.replace("plugins/tick.wasm", version("tests/noop", "three"));
    let third = host.until("the third version", |event| {
        let is_new = |known: &Value| event["digest"] != *known;
        event["event"] == "plugin_loaded" && is_new(&first) && is_new(&second["digest"])
    });
    assert_eq!(roll_back(&workspace, &json!({})).good()["digest"], first);
    let third = json!({ "digest": third["digest"] });
    assert_eq!(roll_back(&workspace, &third).good()["digest"], third["digest"]);
}

#[test]
fn a_new_plugin_is_there_for_tasks_that_wait_for_it() {
    let workspace = Workspace::bare();
    workspace.configure(TASK);
    let mut host = workspace.serve(&[]);
    assert_eq!(host.event("tasks")["problems"][0]["key"], "task.report.plugin");
    let noop = fs::read(built::plugin("tests/noop")).unwrap();
    let new = upload(&workspace, "tick", &noop).good();
    assert_eq!(versions(&new), [new["digest"].as_str().unwrap()]);
    assert_eq!(
        roll_back(&workspace, &json!({})).problem(409),
        "no other version of `tick` is kept"
    );
    // It may be seen to come into use a moment after it was brought.
    let timeless = |mut plugin: Value| {
        let versions = plugin["versions"].as_array_mut().unwrap();
        versions.iter_mut().for_each(|version| version["used_at"] = Value::Null);
        plugin
    };
    let asked = ask(&workspace.path("data"), "GET", "/api/v1/plugins/tick", "").good();
    assert_eq!(timeless(asked), timeless(new));
}

#[test]
fn what_is_no_plugin_changes_nothing() {
    let workspace = Workspace::bare();
    workspace.configure(TASK);
    workspace.add_plugin("tick", "tests/noop");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let data = workspace.path("data");
    let noop = fs::read(built::plugin("tests/noop")).unwrap();
    for (file, says) in [
        (&b""[..], "empty"),
        (b"no plugin", "not WebAssembly"),
        (&noop[..noop.len() / 2], "not a valid component"),
    ] {
        let problem = upload(&workspace, "tick", file).problem(422);
        assert!(problem.contains("plugin `tick`") && problem.contains(says), "{problem}");
    }
    let path = "/api/v1/plugins/tick";
    let problem = put(&data, path, "application/json", &noop).problem(415);
    assert!(problem.contains("application/wasm"), "{problem}");
    let head = [&format!("Content-Type: {WASM}"), &format!("Content-Length: {}", (64 << 20) + 1)];
    let problem = ask_with(&data, "PUT", path, &head.map(String::as_str), b"").problem(413);
    assert!(problem.contains("longer"), "{problem}");
    for name in ["..%2Fevil", "a%20b", "%2e%2e", ".hidden", "-v"] {
        let _ = upload(&workspace, name, &noop).problem(404);
    }
    assert!(roll_back(&workspace, &json!({ "digest": "12" })).problem(400).contains("64"));
    let unknown = json!({ "digest": "0".repeat(64) });
    assert!(roll_back(&workspace, &unknown).problem(404).contains("000000000000"));
    let _ = ask(&data, "GET", "/api/v1/plugins/none", "").problem(404);

    let mut left: Vec<_> = fs::read_dir(workspace.path("plugins")).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left.remove(0).unwrap().file_name(), "tick.wasm");
    assert_eq!(fs::read(workspace.path("plugins/tick.wasm")).unwrap(), noop);
}

#[test]
fn the_verbs_bring_a_plugin_and_take_it_back() {
    let workspace = Workspace::bare();
    workspace.configure(TASK);
    workspace.add_plugin("tick", "tests/noop");
    let mut host = workspace.serve(&["--listen", "127.0.0.1:0"]);
    let first = host.plugin("tick", "plugin_loaded")["digest"].as_str().unwrap().to_owned();
    let url = format!("http://{}", Web::of(&mut host).address);
    let admin = workspace.token("admin", &[]);
    let elsewhere = Workspace::bare();
    for (from, more) in [(&workspace, &[][..]), (&elsewhere, &["--host", &url])] {
        let ask = |args: &[&str]| {
            let args = [&["plugins"], args, more].concat();
            from.run_with(&args, &[("HORARIUM_TOKEN", admin.as_str())])
        };
        from.write("tick.wasm", version("tests/noop", "two"));
        let ran = ask(&["upload", "tick.wasm"]).succeeded();
        assert!(
            ran.stdout.starts_with("tick ") && ran.stdout.ends_with(" is in use: noop\n"),
            "{ran}"
        );
        let kept = ask(&["versions", "tick", "--json"]).succeeded().json();
        let newest = kept[0]["digest"].as_str().unwrap();
        assert_eq!((kept.as_array().unwrap().len(), &kept[1]["digest"]), (2, &json!(first)));
        assert!(ran.stdout.contains(&newest[..12]), "{ran}");
        let shown = ask(&["versions", "tick"]).succeeded().stdout;
        let in_use: Vec<_> = shown.lines().filter(|line| line.ends_with("in use")).collect();
        assert!(matches!(in_use[..], [line] if line.starts_with(&newest[..12])), "{shown}");

        let back = ask(&["rollback", "tick", "--json"]).succeeded().json();
        assert_eq!(back["digest"], first);
        let ran = ask(&["rollback", "tick", "--to", &newest[..12].to_uppercase()]).succeeded();
        assert!(ran.stdout.contains(&newest[..12]), "{ran}");
        let _ = ask(&["rollback", "tick", "--to", &first]).succeeded();
        assert!(ask(&["list"]).succeeded().stdout.contains(&first[..12]));
    }
    let named = workspace.run(&["plugins", "upload", "tick.wasm", "--name", "other"]).succeeded();
    assert!(named.stdout.starts_with("other "), "{named}");
    assert!(workspace.path("plugins/other.wasm").exists());
    let _ = host.stop().succeeded();
}

#[test]
fn what_can_t_be_brought_is_said_with_a_way_out() {
    let workspace = Workspace::bare();
    workspace.configure(TASK);
    workspace.add_plugin("tick", "tests/noop");
    workspace.write("none.wasm", "no plugin");
    workspace.write("a b.wasm", "");
    workspace.make_dir("folder.wasm");
    fs::File::create(workspace.path("long.wasm")).unwrap().set_len((64 << 20) + 1).unwrap();
    let upload = |args: &[&str]| workspace.run(&[&["plugins", "upload"], args].concat());
    let _ = upload(&["none.wasm"]).failed().says(&["no host serves", "horarium serve"]);
    let mut host = workspace.serve(&["--listen", "127.0.0.1:0"]);
    let url = format!("http://{}", Web::of(&mut host).address);
    for (args, says) in [
        (&["none.wasm"][..], &["plugin `none`", "not WebAssembly"][..]),
        (&["missing.wasm"], &["can't read missing.wasm", "No such file"]),
        (&["a b.wasm"], &["a b.wasm does not say the plugin's name", "--name"]),
        (&["folder.wasm"], &["folder.wasm is not a regular file"]),
        (&["long.wasm"], &["long.wasm is longer than any plugin"]),
    ] {
        let _ = upload(args).failed().says(says);
    }
    let _ = upload(&["none.wasm", "--name", "../tick"]).misused().says(&["can't be in a name"]);
    let _ = upload(&[]).misused();
    let back = |args: &[&str]| workspace.run(&[&["plugins", "rollback"], args].concat());
    let _ = back(&["tick"]).failed().says(&["no other version of `tick` is kept"]);
    let _ = back(&["none"]).failed().says(&["there is no plugin `none`; there"]);
    let _ = back(&["tick", "--to", "0000"])
        .failed()
        .says(&["no version 0000", "plugins versions tick"]);
    let _ = back(&["tick", "--to", "tick"]).misused().says(&["hexadecimal"]);
    let _ = workspace.run(&["plugins", "versions", "none"]).failed().says(&["no plugin `none`"]);
    let run = workspace.token("run", &[]);
    let asked = workspace.run_with(
        &["plugins", "upload", "none.wasm", "--host", &url],
        &[("HORARIUM_TOKEN", run.as_str())],
    );
    let _ = asked.failed().says(&["`admin`"]);
    let refused = upload(&["none.wasm", "--json"]).failed().json();
    assert_eq!(refused["status"], 422);
    let _ = host.stop().succeeded();
}

#[test]
fn a_plugin_goes_when_no_task_runs_it_and_can_come_back() {
    let workspace = Workspace::bare();
    workspace.configure(TASK);
    workspace.add_plugin("tick", "tests/noop");
    let mut host = workspace.serve(&[]);
    let loaded = host.plugin("tick", "plugin_loaded");
    host.event("tasks");
    let refused = workspace.run(&["plugins", "remove", "tick"]).failed();
    let _ = refused.says(&["`tick`", "`report`", "take them out of it first"]);
    let _ = workspace.run(&["trigger", "report"]).succeeded();
    assert_eq!(host.over("report")["verdict"], "succeeded");

    workspace.configure("");
    let _ = workspace.run(&["reload"]).succeeded();
    let gone = workspace.run(&["plugins", "remove", "tick"]).succeeded();
    assert!(gone.stdout.contains("plugins rollback tick"), "{gone}");
    assert!(!workspace.path("plugins/tick.wasm").exists());
    let again = workspace.run(&["plugins", "remove", "tick"]).failed();
    let _ = again.says(&["there is no plugin `tick`"]);
    let _ = workspace.run(&["plugins", "remove", "../tick"]).misused();

    // What it was can be looked up, and named.
    let kept = workspace.run(&["plugins", "versions", "tick", "--json"]).succeeded().json();
    assert_eq!((&kept[0]["digest"], &kept[0]["in_use"]), (&loaded["digest"], &json!(false)));
    let digest = loaded["digest"].as_str().unwrap();
    let _ = workspace.run(&["plugins", "rollback", "tick", "--to", &digest[..8]]).succeeded();
    let kept = workspace.run(&["plugins", "versions", "tick", "--json"]).succeeded().json();
    assert_eq!(kept[0]["in_use"], true);
    let _ = workspace.run(&["plugins", "remove", "tick"]).succeeded();

    let _ = workspace.run(&["plugins", "rollback", "tick"]).succeeded();
    let path = "/api/v1/plugins/tick";
    let back = ask(&workspace.path("data"), "GET", path, "").good();
    assert_eq!(back["digest"], loaded["digest"]);
    let removed = ask(&workspace.path("data"), "DELETE", path, "").good();
    assert_eq!(versions(&removed), [loaded["digest"].as_str().unwrap()]);

    // The same by the page.
    let _ = workspace.run(&["plugins", "rollback", "tick"]).succeeded();
    let data = workspace.path("data");
    let (_, page) = read(&data, "/plugins/tick");
    assert!(page.contains("action=\"/plugins/tick/remove\""), "{page}");
    assert_eq!(submit(&data, "/plugins/tick/remove", "").status, 303);
    assert!(!workspace.path("plugins/tick.wasm").exists());
    let (head, page) = read(&data, "/plugins/tick");
    assert!(head.contains(" 200 ok"), "{head}");
    assert!(page.contains("not in the plugin directory") && page.contains(digest), "{page}");
    let back = format!("digest={digest}");
    assert_eq!(submit(&data, "/plugins/tick/rollback", &back).status, 303);
    assert!(workspace.path("plugins/tick.wasm").exists());
    let _ = host.stop().succeeded();
}
