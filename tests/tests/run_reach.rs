//! `horarium run`: a guest reaches what it was granted, and nothing else.

use std::{fs, net::TcpListener, os::unix::fs::symlink};

use e2e::Workspace;
use serde_json::{Value, json};

/// Looks at a path, with these grants.
fn look(workspace: &Workspace, path: &str, grants: &[&str]) -> Value {
    let ran = workspace.unruly("dirs", &json!({ "path": path }), grants);
    ran.succeeded().json()["output"].clone()
}

/// Writes to a path, with these grants.
fn write(workspace: &Workspace, path: &str, grants: &[&str]) -> Value {
    let ran = workspace.unruly("write", &json!({ "path": path, "text": "here" }), grants);
    ran.succeeded().json()["output"].clone()
}

#[track_caller]
fn refused(tried: &Value) {
    assert!(tried["refused"].is_string(), "{tried}");
}

/// A folder `in` with a file, and one beside it that is nobody's business.
fn folders() -> Workspace {
    let workspace = Workspace::bare();
    workspace.make_dir("in/deep");
    workspace.make_dir("beside");
    workspace.write("in/note", "to be read");
    workspace.write("beside/secret", "not to be read");
    workspace
}

#[test]
fn without_grants_there_is_nothing() {
    let workspace = Workspace::bare();
    let env = workspace.command(&["run"]).env("HOME", "/root").get_envs().count();
    assert!(env > 0, "the host has an environment");
    let outcome = workspace.unruly("env", &json!(null), &[]).succeeded().json();
    assert_eq!(outcome["output"], json!({}));
    for path in ["/", "/etc/passwd", "/proc/self/environ", ".", "../../etc/passwd"] {
        let seen = look(&workspace, path, &[]);
        for tried in ["root", "kind", "list", "read"] {
            refused(&seen[tried]);
        }
        refused(&write(&workspace, path, &[]));
    }
}

#[test]
fn nobody_is_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let workspace = Workspace::bare();
    for addr in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        "169.254.169.254:80".to_owned(),
    ] {
        let ran = workspace.unruly("connect", &json!({ "addr": addr }), &[]);
        refused(&ran.succeeded().json()["output"]);
    }
    assert!(listener.accept().is_err(), "nobody came");
}

#[test]
fn the_environment_is_what_was_granted() {
    let granted = ["--env", "REGION=eu", "--env", "EMPTY=", "--env", "EQUAL=a=b"];
    let outcome = Workspace::bare().unruly("env", &json!(null), &granted).succeeded().json();
    assert_eq!(outcome["output"], json!({ "REGION": "eu", "EMPTY": "", "EQUAL": "a=b" }));
}

#[test]
fn a_folder_to_read_can_be_read_and_not_written() {
    let workspace = folders();
    let grant = format!("{}::/in", workspace.text("in"));
    let grants = ["--dir", &grant];
    assert_eq!(look(&workspace, "/in/note", &grants)["read"]["got"], "to be read");
    assert_eq!(look(&workspace, "/in", &grants)["list"]["got"], json!(["deep", "note"]));
    for path in ["/in/note", "/in/new", "/in/deep/new"] {
        refused(&write(&workspace, path, &grants));
    }
    assert_eq!(fs::read_to_string(workspace.path("in/note")).unwrap(), "to be read");
    assert!(!workspace.path("in/new").exists());
}

#[test]
fn a_folder_to_write_can_be_written() {
    let workspace = folders();
    let grant = format!("{}::/out::rw", workspace.text("in"));
    assert_eq!(write(&workspace, "/out/deep/new", &["--dir", &grant])["got"], 4);
    assert_eq!(fs::read_to_string(workspace.path("in/deep/new")).unwrap(), "here");
}

#[test]
fn there_is_no_way_out_of_a_folder() {
    let workspace = folders();
    symlink("../beside/secret", workspace.path("in/link")).unwrap();
    symlink(workspace.path("beside"), workspace.path("in/absolute")).unwrap();
    symlink("/etc/passwd", workspace.path("in/passwd")).unwrap();
    let grant = format!("{}::/in::rw", workspace.text("in"));
    let grants = ["--dir", &grant];
    for path in [
        "/in/../beside/secret",
        "/in/deep/../../beside/secret",
        "/in/link",
        "/in/absolute/secret",
        "/in/passwd",
        "/beside/secret",
    ] {
        let seen = look(&workspace, path, &grants);
        refused(&seen["read"]);
        refused(&seen["list"]);
        refused(&write(&workspace, path, &grants));
    }
    let secret = fs::read_to_string(workspace.path("beside/secret")).unwrap();
    assert_eq!(secret, "not to be read");
}
