//! Programs that nobody wrote for Horarium, from crates.io, as they are published.

use std::fs;

use e2e::{Ran, Workspace, built};
use serde_json::{Value, json};

/// What is in the folder that the programs are granted.
const PAGE: &str = "# Ports\n\n| port | what |\n|------|------|\n| 22 | ssh |\n\n[more][gone]\n";
const LIST: &str = "{\"ports\":[22, 80],\"on\" : true}";

/// Runs a program with these words in the foreground, in a folder that it is granted.
fn run(workspace: &Workspace, plugin: &str, args: &Value, grants: &[&str]) -> Ran {
    let plugin = built::plugin(plugin);
    let args = args.to_string();
    let line = ["run", "--json", "--plugin", plugin.to_str().unwrap(), "--args", &args];
    workspace.run(&[&line[..], grants].concat())
}

fn folder() -> Workspace {
    let workspace = Workspace::bare();
    workspace.make_dir("in");
    workspace.write("in/page.md", PAGE);
    workspace.write("in/list.json", LIST);
    workspace
}

/// What was said on standard output.
fn said(ran: &Ran) -> Vec<String> {
    let lines = ran.stderr.lines().filter_map(|line| line.parse::<Value>().ok());
    let stdout = lines.filter(|line| line["log"]["source"] == "stdout");
    stdout.map(|line| line["log"]["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn markdown_becomes_html() {
    let workspace = folder();
    let grant = ["--dir", "in::/in"];
    let args = json!(["--enable-tables", "/in/page.md"]);
    let ran = run(&workspace, "foreign/pulldown-cmark", &args, &grant).succeeded();
    let html = said(&ran);
    assert_eq!(html[0], "<h1>Ports</h1>");
    assert!(html.contains(&"<tr><td>22</td><td>ssh</td></tr>".to_owned()), "{html:?}");

    // Asked to, it fails over a link that leads nowhere.
    let args = json!(["--reject-broken-links", "/in/page.md"]);
    let failed = run(&workspace, "foreign/pulldown-cmark", &args, &grant).failed().json();
    assert_eq!(failed["verdict"], "failed");
    assert!(failed["error"].as_str().unwrap().ends_with(": gone"), "{failed}");
}

#[test]
fn base64_goes_from_file_to_file() {
    let workspace = folder();
    let encode = json!(["-mencode", "-b64", "-i/in/list.json", "-o/in/list.base64"]);
    let writable = ["--dir", "in::/in::rw"];
    let _ = run(&workspace, "foreign/data-encoding", &encode, &writable).succeeded();
    let encoded = fs::read_to_string(workspace.path("in/list.base64")).unwrap();
    let decode = json!(["-mdecode", "-b64", "-i/in/list.base64"]);
    let ran = run(&workspace, "foreign/data-encoding", &decode, &["--dir", "in::/in"]).succeeded();
    assert_eq!(said(&ran), [LIST], "{encoded}");

    // It may not write where it may only read, nor where it was granted nothing.
    fs::remove_file(workspace.path("in/list.base64")).unwrap();
    for grants in [&["--dir", "in::/in"][..], &[]] {
        let refused = run(&workspace, "foreign/data-encoding", &encode, grants).failed().json();
        assert_eq!(refused["verdict"], "failed");
        assert!(refused["error"].as_str().unwrap().starts_with("exit code 1: "), "{refused}");
        assert!(!workspace.path("in/list.base64").exists());
    }
}

fn json_is_minified_by(plugin: &str) {
    let workspace = folder();
    let args = json!(["-m", "-i", "/in/list.json"]);
    let ran = run(&workspace, plugin, &args, &["--dir", "in::/in"]).succeeded();
    assert_eq!(said(&ran), [r#"{"ports":[22,80],"on":true}"#]);
    let missing = run(&workspace, plugin, &args, &[]).failed().json();
    assert!(missing["error"].as_str().unwrap().starts_with("exit code 1: /in/list.json: "));
}

#[test]
fn json_is_minified() {
    json_is_minified_by("foreign/jsonxf");
}

#[test]
fn json_is_minified_by_a_module_for_preview_1() {
    let plugin = "foreign/jsonxf-preview1";
    if built::plugin_if_built(plugin).is_none() {
        eprintln!("skipped: there was no compiler for wasm32-wasip1 to build {plugin} with");
        return;
    }
    json_is_minified_by(plugin);
}

#[test]
fn a_host_serves_them_side_by_side() {
    let workspace = folder();
    for name in ["pulldown-cmark", "data-encoding", "jsonxf"] {
        workspace.add_plugin(name, &format!("foreign/{name}"));
    }
    workspace.configure(
        r#"
        [task.page]
        plugin = "pulldown-cmark"
        args = ["-T", "/in/page.md"]
        schedule = { once = true }
        grants.dirs = [{ host = "in", guest = "/in" }]

        [task.letters]
        plugin = "data-encoding"
        args = ["--mode", "encode", "--base", 32, "--input", "/in/list.json"]
        schedule = { once = true }
        grants.dirs = [{ host = "in", guest = "/in" }]

        [task.list]
        plugin = "jsonxf"
        args = ["-m", "-i", "/in/list.json", "-o", "/out/list.json"]
        schedule = { once = true }
        grants.dirs = [
            { host = "in", guest = "/in" },
            { host = "out", guest = "/out", access = "read-write" },
        ]
        "#,
    );
    workspace.make_dir("out");
    let mut host = workspace.serve(&[]);
    let tasks = ["page", "letters", "list"];
    host.all_over(&tasks);
    let _ = host.stop().succeeded();
    for task in tasks {
        assert_eq!(workspace.runs(task)[0]["state"], "succeeded", "{task}");
    }
    let written = fs::read_to_string(workspace.path("out/list.json")).unwrap();
    assert_eq!(written, r#"{"ports":[22,80],"on":true}"#);
}
