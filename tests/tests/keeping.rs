//! What operators see of what tasks keep, and what they do with it.

use e2e::{
    Ran, Serving, Workspace,
    asking::{Answer, ask, ask_with},
};
use serde_json::{Value, json};

const TASKS: &str = r#"
[task.tally]
plugin = "sdk-probe"
function = "tally"
fuel = 50_000_000
retry = { max_attempts = 1 }
grants.dirs = [{ host = "gate", guest = "/gate" }]
grants.buckets = [{ bucket = "orders", keys = 100 }]
grants.env = { TOKEN = { from_env = "TALLY_TOKEN" } }
[task.other]
plugin = "sdk-probe"
function = "tally"
args = { bucket = "orders" }
grants.state = { bytes = "1KiB", keys = 3 }
grants.buckets = [{ bucket = "orders", bytes = "1MiB" }]
"#;

/// What no view shows.
const SECRET: &str = "hunter2-of-tally";

fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(TASKS);
    workspace.add_plugin("sdk-probe", "tests/sdk-probe");
    workspace.make_dir("gate");
    let host = serve(&workspace);
    (workspace, host)
}

fn serve(workspace: &Workspace) -> Serving {
    let mut host = workspace.serve_in(&[("TALLY_TOKEN", SECRET)], &[]);
    host.event("tasks");
    host
}

/// `horarium state` with these words.
fn state(workspace: &Workspace, words: &[&str]) -> Ran {
    workspace.run(&[&["state"], words].concat())
}

/// What it prints has all of these in it.
#[track_caller]
fn prints(ran: Ran, texts: &[&str]) {
    let ran = ran.succeeded();
    assert!(texts.iter().all(|text| ran.stdout.contains(text)), "{texts:?}: {ran}");
}

/// A task runs once; what it says.
fn tally(workspace: &Workspace, host: &mut Serving, args: &Value) -> Value {
    let _ = workspace.run(&["trigger", "tally", "--args", &args.to_string()]).succeeded();
    assert_eq!(host.over("tally")["verdict"], "succeeded");
    workspace.runs("tally").last().unwrap()["output"].clone()
}

fn at(key: &str) -> String {
    let key: String = form_urlencoded(key);
    format!("/api/v1/state/task/tally/entry?key={key}")
}

fn form_urlencoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn put(workspace: &Workspace, path: &str, more: &[&str], body: &Value) -> Answer {
    let head = [&["Content-Type: application/json"], more].concat();
    ask_with(&workspace.path("data"), "PUT", path, &head, body.to_string().as_bytes())
}

#[test]
fn a_task_goes_on_from_what_an_operator_wrote() {
    let (workspace, mut host) = host();
    assert_eq!(state(&workspace, &["list", "--json"]).succeeded().json(), json!([]));
    assert_eq!(tally(&workspace, &mut host, &json!({})), 1);
    let buckets = state(&workspace, &["list", "--json"]).succeeded().json();
    assert_eq!(buckets[0]["bucket"], "task/tally");
    assert_eq!((&buckets[0]["keys"], &buckets[0]["tasks"]), (&json!(2), &json!(1)));
    assert_eq!(buckets[0]["quota"], json!({ "bytes": 16 << 20, "keys": 10_000 }));
    let keys = state(&workspace, &["list", "tally", "--json"]).succeeded().json();
    assert_eq!((&keys[0]["key"], &keys[1]["key"]), (&json!("n"), &json!("run/001")));
    assert!(keys[0]["run"].is_number() && keys[0].get("value").is_none(), "{keys}");
    assert_eq!(state(&workspace, &["get", "tally", "n"]).succeeded().stdout, "1");

    prints(
        state(&workspace, &["set", "tally", "n", "41"]),
        &["task/tally \"n\" has 2 bytes and version 2"],
    );
    let entry = state(&workspace, &["get", "task/tally", "n", "--json"]).succeeded().json();
    assert_eq!((&entry["value"], &entry["encoding"]), (&json!("41"), &json!("text")));
    assert_eq!((&entry["run"], &entry["redacted"]), (&Value::Null, &json!(false)));
    assert_eq!(tally(&workspace, &mut host, &json!({})), 42);
    prints(state(&workspace, &["delete", "tally", "n"]), &["task/tally \"n\", 2 B, is gone"]);
    assert_eq!(tally(&workspace, &mut host, &json!({})), 1);
    prints(state(&workspace, &["clear", "tally"]), &["is empty: 3 keys, "]);
    prints(state(&workspace, &["list", "tally"]), &["no keys"]);
    prints(state(&workspace, &["list"]), &["nothing is kept"]);

    // All of it is in the audit log, but for the values; and before what is done next.
    let _ = workspace.run(&["pause", "tally"]).succeeded();
    let audit = std::fs::read_to_string(workspace.path("data/audit.jsonl")).unwrap();
    let lines: Vec<Value> = audit.lines().filter_map(|line| line.parse().ok()).collect();
    let done: Vec<_> = lines
        .iter()
        .filter(|line| {
            line["event"] == "answered" && line["target"].to_string().contains("/state/")
        })
        .map(|line| json!([line["operation"], line["target"], line["key"], line["bytes"]]))
        .collect();
    let (bucket, entry) = ("/api/v1/state/task/tally", "/api/v1/state/task/tally/entry");
    let cleared = &done[2][3];
    assert_eq!(
        done,
        [
            json!(["set_entry", entry, "n", 2]),
            json!(["delete_entry", entry, "n", 2]),
            json!(["clear_bucket", bucket, null, cleared]),
        ]
    );
    assert!(cleared.as_u64().unwrap() > 20, "{cleared}");
    let asked = lines.iter().find(|line| line["operation"] == "set_entry").unwrap();
    assert_eq!((&asked["event"], &asked["key"]), (&json!("asked"), &json!("n")));
    assert!(lines.iter().all(|line| line.get("value").is_none()), "{audit}");
}

#[test]
fn every_key_and_every_value_can_be_handled() {
    let (workspace, host) = host();
    let binary: Vec<u8> = (0..=255).collect();
    workspace.write("binary", &binary);
    let keys = [
        "/",
        "..",
        "a/../b",
        "a?b=c&d#e",
        "100%",
        "%2F",
        "ä ö+ü",
        "key=key",
        "日本",
        "<script>",
        "\"",
        "-n",
        "@file",
        " ",
    ];
    for key in keys {
        let _ = state(&workspace, &["set", "tally", "--", key, "-1"]).succeeded();
        assert_eq!(state(&workspace, &["get", "tally", "--", key]).succeeded().stdout, "-1");
        let _ = state(&workspace, &["set", "tally", "--", key, "@binary"]).succeeded();
        let entry = state(&workspace, &["get", "tally", "--json", "--", key]).succeeded().json();
        assert_eq!((&entry["key"], &entry["encoding"]), (&json!(key), &json!("base64")));
    }
    // Page by page, by the bytes of their keys.
    let mut known = Vec::new();
    loop {
        let mut words = vec!["list", "tally", "--json", "-n", "3"];
        let after = known.last().map(|key| format!("--after={key}"));
        words.extend(after.as_deref());
        let page = state(&workspace, &words).succeeded().json();
        let page = page.as_array().unwrap();
        known.extend(page.iter().map(|entry| entry["key"].as_str().unwrap().to_owned()));
        if page.len() < 3 {
            break;
        }
    }
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    assert_eq!(known, sorted);
    let prefixed = state(&workspace, &["list", "tally", "--prefix", "a", "--json"]).succeeded();
    assert_eq!(prefixed.json().as_array().unwrap().len(), 2);
    // What is exported comes back as it was, byte by byte; into another bucket as well.
    let exported = state(&workspace, &["export", "tally"]).succeeded().stdout;
    assert_eq!(exported.lines().count(), keys.len());
    workspace.write("exported", &exported);
    prints(
        state(&workspace, &["import", "exported", "--bucket", "shared/orders"]),
        &["14 entries written"],
    );
    let all = state(&workspace, &["export"]).succeeded().stdout;
    assert_eq!(all.lines().count(), keys.len() * 2);
    let values = |bucket: &str| -> Vec<Value> {
        let lines = all.lines().map(|line| line.parse::<Value>().unwrap());
        let of = lines.filter(|line| line["bucket"] == bucket);
        of.map(|line| json!([line["key"], line["value"]])).collect()
    };
    assert_eq!(values("task/tally"), values("shared/orders"));
    for key in keys {
        let _ = state(&workspace, &["delete", "tally", "--", key]).succeeded();
    }
    assert_eq!(state(&workspace, &["export", "tally"]).succeeded().stdout, "");
    drop(host);
}

#[test]
fn a_change_is_made_to_what_was_seen() {
    let (workspace, _host) = host();
    let data = workspace.path("data");
    let body = |text: &str| json!({ "value": text });
    let made = put(&workspace, &at("n"), &["If-None-Match: *"], &body("1"));
    assert!(made.head.contains("etag: \"1\""), "{made:?}");
    assert_eq!(made.good()["version"], 1);
    let late = put(&workspace, &at("n"), &["If-None-Match: *"], &body("2")).problem(412);
    assert!(late.contains("it has version 1 now"), "{late}");
    assert_eq!(put(&workspace, &at("n"), &["If-Match: \"1\""], &body("2")).good()["version"], 2);
    let _ = put(&workspace, &at("n"), &["If-Match: \"1\""], &body("3")).problem(412);
    let stale = ask_with(&data, "DELETE", &at("n"), &["If-Match: \"1\""], b"").problem(412);
    assert!(stale.contains("version 2"), "{stale}");
    let shown = ask(&data, "GET", &at("n"), "");
    assert!(shown.head.contains("etag: \"2\""), "{shown:?}");
    assert_eq!(shown.good()["value"], "2");
    assert_eq!(ask_with(&data, "DELETE", &at("n"), &["If-Match: *"], b"").good()["version"], 2);
    let gone = ask_with(&data, "DELETE", &at("n"), &["If-Match: *"], b"").problem(412);
    assert!(gone.contains("no such key"), "{gone}");
    // The command line says the same.
    let _ = state(&workspace, &["set", "tally", "n", "1", "--new"]).succeeded();
    let _ = state(&workspace, &["set", "tally", "n", "2", "--new"]).failed().says(&["version 4"]);
    let _ = state(&workspace, &["delete", "tally", "n", "--if-version", "3"])
        .failed()
        .says(&["somebody has changed it meanwhile: it has version 4 now; nothing was done"]);
    let _ = state(&workspace, &["delete", "tally", "n", "--if-version", "4"]).succeeded();
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let (workspace, _host) = host();
    let data = workspace.path("data");
    let says = |answer: Answer, status, words: &str| {
        let told = answer.problem(status);
        assert!(told.contains(words), "{told}");
    };
    let value = json!({ "value": "1" });
    let _ = put(&workspace, &at("cursor"), &[], &value).good();
    let root = "/api/v1/state";
    for (path, words) in [
        (
            "/task/taly/entries",
            "no task `taly`, and nothing that one has kept; did you mean `tally`?",
        ),
        (
            "/shared/order",
            "no bucket `order` that a task is granted, and nothing in it; did you mean `orders`?",
        ),
        ("/tasks/tally", "a bucket is `task/NAME` or `shared/NAME`"),
        ("/task/a%2Fb", "'/' can't be in a name"),
        (
            "/task/tally/entry?key=curser",
            "no key \"curser\" in the state of task `tally`; did you mean `cursor`?",
        ),
        ("/task/other/entry?key=x", "the state of task `other`; it is empty"),
    ] {
        says(ask(&data, "GET", &format!("{root}{path}"), ""), 404, words);
    }
    let long = "k".repeat(1000);
    for (key, words) in [
        ("", "a key can't be empty"),
        (long.as_str(), "a key has at most 512 bytes, this one has 1000"),
        ("a\nb", "a key has no control characters"),
    ] {
        says(put(&workspace, &at(key), &[], &value), 400, words);
    }
    for (body, words) in [
        (json!({}), "`value` is missing"),
        (json!({ "value": 1 }), "its body: invalid type"),
        (json!({ "value": "1", "valeu": "" }), "unknown field `valeu`"),
        (json!({ "value": "?", "encoding": "base64" }), "`value` is no base64"),
        (json!({ "value": "1", "encoding": "hex" }), "unknown variant `hex`"),
    ] {
        says(put(&workspace, &at("n"), &[], &body), 400, words);
    }
    let path = format!("{root}/task/tally/entry");
    says(put(&workspace, &path, &[], &value), 400, "missing field `key`");
    says(ask(&data, "GET", &format!("{root}/task/tally/entries?limit=0"), ""), 422, "`limit`");
    says(ask(&data, "GET", &format!("{root}?cursor=x%2Fy"), ""), 400, "`cursor`");
    // A quota holds for everybody.
    let other = format!("{root}/task/other/entry?key=");
    let long = json!({ "value": "v".repeat(1024) });
    let words = "the state of task `other` would hold 1025 bytes where its quota is 1024";
    says(put(&workspace, &format!("{other}n"), &[], &long), 422, words);
    for key in ["a", "b", "c"] {
        let _ = put(&workspace, &format!("{other}{key}"), &[], &value).good();
    }
    says(put(&workspace, &format!("{other}d"), &[], &value), 422, "4 keys where its quota is 3");
    let huge = vec![b' '; (24 << 20) + 1];
    let head = ["Content-Type: application/json"];
    says(ask_with(&data, "PUT", &at("n"), &head, &huge), 413, "longer than what is taken");
    let keys = state(&workspace, &["list", "tally", "--json"]).succeeded().json();
    assert_eq!((keys.as_array().unwrap().len(), &keys[0]["key"]), (1, &json!("cursor")));
    // On the command line as well.
    for (words, told) in [
        (&["list", "tasks/tally"][..], "a bucket is `task/NAME` or `shared/NAME`"),
        (&["get", "tally", ""], "a key can't be empty"),
    ] {
        let _ = state(&workspace, words).misused().says(&[told]);
    }
    let _ = state(&workspace, &["get", "tally", "n"]).failed().says(&["there is no key \"n\""]);
    let _ = state(&workspace, &["set", "tally", "n", "@none"]).failed().says(&["can't read none"]);
    workspace.write("broken", "{\"bucket\":\"tally\",\"key\":\"k\",\"value\":\"1\"}\n{");
    let _ = state(&workspace, &["import", "broken"])
        .failed()
        .says(&["broken, line 2 (1 entry before it written)"]);
}

#[test]
fn a_run_that_has_read_what_an_operator_changes_is_tried_again() {
    let (workspace, mut host) = host();
    for change in [&["set", "tally", "n", "10"][..], &["clear", "tally"]] {
        let args = json!({ "gate": "/gate/open" }).to_string();
        let _ = workspace.run(&["trigger", "tally", "--args", &args]).succeeded();
        host.says("tally", "read");
        let _ = state(&workspace, change).succeeded();
        workspace.write("gate/open", "");
        assert_eq!(host.over("tally")["verdict"], "succeeded");
        std::fs::remove_file(workspace.path("gate/open")).unwrap();
    }
    let runs = workspace.runs("tally");
    let outputs: Vec<_> = runs.iter().map(|run| run["output"].as_u64().unwrap()).collect();
    assert_eq!(outputs, [11, 1], "each has counted on from what the operator left");
    for run in &runs {
        let attempts = workspace.attempts(&run["run"]);
        let verdicts: Vec<_> = attempts.iter().map(|attempt| &attempt["verdict"]).collect();
        assert_eq!(verdicts, ["conflicted", "succeeded"]);
    }
}

#[test]
fn what_a_task_that_is_gone_has_kept_is_there() {
    let (workspace, mut host) = host();
    assert_eq!(tally(&workspace, &mut host, &json!({})), 1);
    assert_eq!(tally(&workspace, &mut host, &json!({ "bucket": "orders" })), 1);
    let _ = state(&workspace, &["set", "other", "n", "5"]).succeeded();
    let without = TASKS.split_once("[task.other]").unwrap().1;
    workspace.configure(&format!("[task.other]{without}"));
    let _ = workspace.run(&["reload"]).succeeded();
    let buckets = state(&workspace, &["list", "--json"]).succeeded().json();
    let told: Vec<_> =
        buckets.as_array().unwrap().iter().map(|it| json!([it["bucket"], it["tasks"]])).collect();
    let expected =
        [json!(["task/other", 1]), json!(["task/tally", 0]), json!(["shared/orders", 1])];
    assert_eq!(told, expected);
    assert_eq!(buckets[1]["quota"], Value::Null);
    assert_eq!(buckets[2]["quota"], json!({ "bytes": 1 << 20, "keys": 10_000 }));
    prints(state(&workspace, &["list"]), &["task/tally", "no such task any more"]);
    prints(
        state(&workspace, &["list", "tally"]),
        &[
            "run/001",
            "no task of the configuration has it any more; `horarium state clear task/tally` empties it",
        ],
    );
    assert_eq!(state(&workspace, &["export", "tally"]).succeeded().json_lines().len(), 2);
    let _ = state(&workspace, &["set", "tally", "n", "7"]).succeeded();
    // What it has kept is there for it when it comes back.
    workspace.configure(TASKS);
    let _ = workspace.run(&["reload"]).succeeded();
    assert_eq!(tally(&workspace, &mut host, &json!({})), 8);
    workspace.configure(&format!("[task.other]{without}"));
    let _ = workspace.run(&["reload"]).succeeded();
    let _ = state(&workspace, &["clear", "tally", "--yes"]).succeeded();
    let _ = state(&workspace, &["list", "tally"]).failed().says(&["no task `tally`"]);
}

#[test]
fn secrets_are_told_by_their_names_alone() {
    let (workspace, host) = host();
    let kept = json!({ "session": SECRET, "page": 3 }).to_string();
    for bucket in ["tally", "shared/orders"] {
        let _ = state(&workspace, &["set", bucket, "login", &kept]).succeeded();
    }
    let _ = state(&workspace, &["set", "other", "login", &kept]).succeeded();
    let told = |ran: &Ran| format!("{ran}{:?}", ran.stdout);
    for bucket in ["tally", "shared/orders"] {
        let got = state(&workspace, &["get", bucket, "login"]).succeeded();
        assert!(!told(&got).contains(SECRET), "{got}");
        prints(got.says(&["note: 1 value had secrets"]), &["[redacted TOKEN]", "\"page\":3"]);
        let got = state(&workspace, &["get", bucket, "login", "--json"]).succeeded();
        assert_eq!(got.json_lines()[0]["redacted"], true);
        let got = state(&workspace, &["export", bucket]).succeeded();
        assert!(!told(&got).contains(SECRET), "{got}");
        workspace.write("exported", &got.stdout);
        let refused = state(&workspace, &["import", "exported"]).failed();
        let _ = refused.says(&["exported, line 1", "had secrets in it and is not what was kept"]);
    }
    // Nobody else is known to have it.
    let got = state(&workspace, &["get", "other", "login"]).succeeded();
    assert_eq!(got.stdout, kept);
    drop(host);
}

#[test]
fn without_a_host_the_same_is_read() {
    let (workspace, mut host) = host();
    assert_eq!(tally(&workspace, &mut host, &json!({})), 1);
    let _ = state(&workspace, &["set", "shared/orders", "login", SECRET]).succeeded();
    let asked = [
        &["list", "--json"][..],
        &["list", "tally", "--json"],
        &["list", "shared/orders", "--prefix", "l", "--json"],
        &["get", "tally", "n", "--json"],
        &["get", "tally", "run/001"],
        &["export"],
    ];
    // Who knows the secrets keeps them from being seen.
    let read = |words: &&[&str]| {
        let words = [&["state"], *words].concat();
        workspace.run_with(&words, &[("TALLY_TOKEN", SECRET)]).succeeded().stdout
    };
    let with: Vec<_> = asked.iter().map(read).collect();
    let _ = host.stop().succeeded();
    let without: Vec<_> = asked.iter().map(read).collect();
    assert_eq!(with, without);
    assert!(with[5].contains("[redacted TOKEN]") && !with[5].contains(SECRET), "{}", with[5]);
    let _ = state(&workspace, &["get", "shared/orders", "login"])
        .succeeded()
        .says(&["note: the configuration can't be read, so that nobody knows which secrets"]);
    for words in [&["set", "tally", "n", "1"][..], &["delete", "tally", "n"], &["clear", "tally"]] {
        let _ = state(&workspace, words).failed().says(&["no host serves"]);
    }
    for words in [&["list", "taly"][..], &["get", "taly", "n"], &["export", "taly"]] {
        let told = "nothing is kept in task/taly; `horarium state list` says what there is";
        let _ = state(&workspace, words).failed().says(&[told]);
    }
    let _ = state(&workspace, &["get", "tally", "m"]).failed().says(&["there is no key \"m\""]);
    let fresh = Workspace::new(TASKS);
    let _ = state(&fresh, &["list"]).failed().says(&["there is no history"]);
}
