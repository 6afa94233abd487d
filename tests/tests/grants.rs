//! What a task is granted is shown, is kept to, and tells no secret.

use std::{fs, io::Read, net::TcpListener, path::Path, thread};

use e2e::Workspace;
use serde_json::{Value, json};

const KEY: &str = "hunter2-hunter2";

fn workspace(tasks: &str) -> Workspace {
    let workspace = Workspace::bare();
    workspace.add_plugin("prober", "tests/prober");
    for folder in ["in", "secrets"] {
        workspace.make_dir(folder);
    }
    workspace.write("secrets/key", format!("{KEY}\n"));
    workspace.write("secrets/token", "another secret");
    workspace.configure(tasks);
    workspace
}

const TASK: &str = r#"
[task.leak]
plugin = "prober"
function = "leak"
args = { name = "KEY" }
schedule = { once = true }
timeout = "30s"

[task.leak.grants]
dirs = [{ host = "in", guest = "/in" }]
tcp = ["api.example.com:443", { to = "db.internal:5432", within = ["10.0.0.0/8"] }]
env = { REGION = "eu", KEY = { from_file = "secrets/key" }, HOST = { from_env = "HORARIUM_CONFIG" } }
stdin = "text"
http = [
    "https://api.example.com/v1",
    { url = "https://b.example/", methods = ["GET", "PUT"], credential = { header = "X-Key", value = { from_file = "secrets/token" } } },
]
"#;

#[test]
fn what_is_granted_is_shown_without_a_single_secret() {
    let workspace = workspace(TASK);
    let shown = workspace.run(&["grants", "leak", "--json"]).succeeded();
    assert!(!shown.stdout.contains("hunter2"), "{shown}");
    let shown = shown.json();
    let root = workspace.path("").canonicalize().unwrap();
    assert_eq!(
        shown["dirs"],
        json!([{ "host": root.join("in"), "guest": "/in", "access": "read-only" }])
    );
    assert_eq!(
        shown["tcp"],
        json!([
            { "to": "api.example.com:443", "within": [] },
            { "to": "db.internal:5432", "within": ["10.0.0.0/8"] },
        ])
    );
    assert_eq!(
        shown["env"],
        json!([
            { "name": "HOST", "from": "host_env", "source": "HORARIUM_CONFIG", "secret": true },
            { "name": "KEY", "from": "file", "source": root.join("secrets/key"), "secret": true },
            { "name": "REGION", "from": "configuration", "source": null, "secret": false },
        ])
    );
    assert_eq!(
        shown["http"],
        json!([
            { "url": "https://api.example.com/v1", "methods": ["GET"], "within": [], "credential": null },
            {
                "url": "https://b.example/",
                "methods": ["GET", "PUT"],
                "within": [],
                "credential": { "header": "x-key" },
            },
        ])
    );
    assert_eq!(shown["stdin"], json!({ "from": "configuration", "bytes": 4 }));
    assert_eq!(shown["state"], json!({ "keys": 10_000, "bytes": 16 << 20 }));
    assert_eq!((&shown["buckets"], &shown["tasks"]), (&json!([]), &json!([])));
    assert_eq!(shown["limits"]["timeout_s"], 30.0);
    let denied: Vec<_> =
        shown["denied"].as_array().unwrap().iter().map(|denied| &denied["capability"]).collect();
    assert_eq!(denied, ["network: UDP"]);

    let shown = workspace.run(&["grants", "leak"]).succeeded();
    for part in [
        "/in",
        "read-only",
        "public addresses, 10.0.0.0/8",
        "GET, PUT https://b.example/",
        "public addresses, with a credential in the header `x-key`",
        "from the host's HORARIUM_CONFIG, secret",
        "secrets/key, secret",
        "coarse",
        "30s",
        "network: UDP (no `grants.udp`)",
    ] {
        assert!(shown.stdout.contains(part), "{part} is not in {shown}");
    }
    assert!(!shown.stdout.contains("hunter2"), "{shown}");
}

#[test]
fn a_task_without_grants_gets_what_everybody_has() {
    let workspace = workspace(
        "[task.a]\nplugin = \"prober\"\nfunction = \"stdin\"\nschedule = { once = true }",
    );
    let shown = workspace.run(&["grants", "a", "--json"]).succeeded().json();
    for grant in ["dirs", "tcp", "udp", "env"] {
        assert_eq!(shown[grant], json!([]), "{grant}");
    }
    assert_eq!(shown["stdin"], Value::Null);
    let denied = shown["denied"].as_array().unwrap();
    assert!(denied.iter().any(|denied| denied["keys"] == json!(["grants.dirs"])), "{shown}");
    let _ = workspace.run(&["grants", "b"]).failed().says(&["there is no task `b`"]);
}

#[test]
fn a_plugin_is_shown_with_what_it_can_ask_for() {
    let workspace = workspace("");
    let shown = workspace.run(&["inspect", "plugins/prober.wasm"]).succeeded();
    for part in [
        "log and progress",
        "clocks",
        "files, with `grants.dirs`",
        "network: TCP, with `grants.tcp`",
        "network: names, with `grants.tcp` or `grants.udp`",
    ] {
        assert!(shown.stdout.contains(part), "{part} is not in {shown}");
    }
}

/// Whether any file below a folder has these bytes.
fn is_in_a_file(folder: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_in_a_file(&path, bytes);
        }
        fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn a_secret_is_in_no_file_and_no_output_of_the_host() {
    let workspace = workspace(TASK);
    let mut host = workspace.serve(&[]);
    host.over("leak");
    let (told, ran) = host.stop_and_tell();
    let _ = ran.succeeded();
    let told = Value::from(told).to_string();
    assert!(told.contains("[redacted KEY]"), "it was said: {told}");
    assert!(!told.contains("hunter2"), "{told}");
    for args in [&["runs", "--json"][..], &["runs", "1"], &["logs", "1"], &["logs", "1", "--json"]]
    {
        let shown = workspace.run(args).succeeded();
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
    }
    let output = &workspace.runs("leak")[0]["output"];
    assert!(output.to_string().contains("[redacted KEY]"), "{output}");
    let cache = workspace.path("data/cache");
    fs::remove_file(&cache).unwrap();
    assert!(!is_in_a_file(&workspace.path("data"), b"hunter2"));
}

#[test]
fn a_guest_talks_to_whom_the_command_line_grants() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut said = [0; 6];
        stream.read_exact(&mut said).unwrap();
        said
    });
    let workspace = workspace("");
    let args = json!({ "addr": addr }).to_string();
    let talk = ["run", "--json", "--plugin", "plugins/prober.wasm", "-f", "talk", "--args", &args];
    let denied = workspace.run(&talk).succeeded();
    assert!(denied.json()["output"]["refused"].is_string(), "{denied}");
    let talked = workspace.run(&[&talk[..], &["--tcp", &addr]].concat()).succeeded();
    assert_eq!(talked.json()["output"], json!({ "got": "" }));
    assert_eq!(&server.join().unwrap(), b"hello\n");
}
