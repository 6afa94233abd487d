//! Who may reach the host over a network, and what becomes of what they ask.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

use e2e::{
    Serving, Web, Workspace,
    asking::{Answer, ask},
    web::rest,
};
use serde_json::{Value, json};

use crate::compile::eventually;

const TASKS: &str = r#"
    [task.quick]
    plugin = "noop"
    schedule = { manual = true }
    overlap = "allow"
    [task.gated]
    plugin = "unruly"
    function = "wait"
    args = { path = "/gate/open" }
    schedule = { manual = true }
    timeout = "5m"
    fuel = "unlimited"
    grants.dirs = [{ host = "gate", guest = "/gate" }]
"#;

/// A host that listens, with these keys in `[web]`.
fn host(web: &str) -> (Workspace, Serving, Web) {
    let workspace = Workspace::new(&format!("[web]\nlisten = \"127.0.0.1:0\"\n{web}\n{TASKS}"));
    let mut host = workspace.serve(&[]);
    let web = Web::of(&mut host);
    (workspace, host, web)
}

fn get(web: Web, token: &str, path: &str) -> Answer {
    web.ask_as(token, "GET", &format!("/api/v1{path}"))
}

fn post(web: Web, token: &str, path: &str) -> Answer {
    web.ask_as(token, "POST", &format!("/api/v1{path}"))
}

/// The part of a token by which people speak of it.
fn id(token: &str) -> &str {
    token.split('_').nth(1).unwrap()
}

/// What each operation takes. A new one has to be entered here.
const SCOPES: &[(&str, &str)] = &[
    ("backfill_task", "run"),
    ("cancel_run", "run"),
    ("check_configuration", "admin"),
    ("clear_bucket", "admin"),
    ("delete_checkpoint", "admin"),
    ("delete_entry", "admin"),
    ("export_bucket", "admin"),
    ("follow_host", "read"),
    ("follow_log_of_run", "read"),
    ("list_alerts", "read"),
    ("list_audit", "admin"),
    ("list_buckets", "read"),
    ("list_channels", "read"),
    ("list_entries", "read"),
    ("list_plugin_versions", "read"),
    ("list_plugins", "read"),
    ("list_runs", "read"),
    ("list_tasks", "read"),
    ("log_of_run", "read"),
    ("next_of_host", "read"),
    ("next_of_task", "read"),
    ("pause_host", "admin"),
    ("pause_task", "admin"),
    ("reload_host", "admin"),
    ("remove_plugin", "admin"),
    ("rerun_run", "run"),
    ("resume_host", "admin"),
    ("resume_task", "admin"),
    ("roll_back_plugin", "admin"),
    ("set_entry", "admin"),
    ("show_bucket", "read"),
    ("show_checkpoint", "admin"),
    ("show_entry", "admin"),
    ("show_host", "read"),
    ("show_plugin", "read"),
    ("show_run", "read"),
    ("show_task", "read"),
    ("statistics_of_host", "read"),
    ("statistics_of_task", "read"),
    ("test_channel", "admin"),
    ("trigger_task", "run"),
    ("upload_plugin", "admin"),
];

/// All operations of the API's document: name, method, path, and the scope that it names.
fn operations() -> BTreeMap<String, (String, String, String)> {
    let document: Value = serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, said)| {
            let name = said["operationId"].as_str().unwrap().to_owned();
            let scope = said["security"][0]["token"][0].as_str().unwrap().to_owned();
            (name, (method.to_uppercase(), path.clone(), scope))
        })
    });
    all.collect()
}

#[test]
fn every_operation_takes_its_scope() {
    let operations = operations();
    let named: Vec<_> =
        operations.iter().map(|(name, (.., scope))| (name.as_str(), scope.as_str())).collect();
    assert_eq!(named, SCOPES, "each operation of docs/openapi.json, with its scope");

    let (workspace, host, web) = host("");
    let make = |scope: &str, more: &[&str]| workspace.token(scope, more);
    let revoked = make("admin", &[]);
    let _ = workspace.run(&["token", "revoke", id(&revoked)]).succeeded();
    let expired = make("admin", &["--expires", "1ns"]);
    let forged = format!("hor_{}_{}", id(&make("admin", &[])), "0".repeat(64));
    let bearer = |token: &str| format!("Bearer {token}");
    let admin = make("admin", &[]);
    let unknown = [
        String::new(),
        format!("Basic {admin}"),
        admin.clone(),
        bearer(""),
        bearer("hor_"),
        bearer(&revoked),
        bearer(&expired),
        bearer(&forged),
        bearer(&format!("{admin}0")),
    ];
    let known = [("read", 0), ("run", 1), ("admin", 2)]
        .map(|(scope, rank)| (scope, rank, bearer(&make(scope, &[]))));
    let rank = |scope: &str| known.iter().position(|(known, ..)| *known == scope).unwrap();
    for (name, (method, path, scope)) in &operations {
        // There are neither, so nothing happens that would stand in the way of another.
        let path = format!("/api/v1{path}").replace("{run}", "999");
        let path = path.replace("{task}", "none").replace("{plugin}", "none");
        let path = path.replace("{channel}", "none").replace("{kind}/{name}", "task/none");
        let ask = |credentials: &str| web.ask(method, &path, &[("Authorization", credentials)], "");
        for credentials in &unknown {
            let answer = ask(credentials);
            assert!(answer.head.contains("www-authenticate: bearer"), "{name}: {answer:?}");
            assert!(!answer.problem(401).is_empty(), "{name} {credentials}");
        }
        for (has, its, credentials) in &known {
            // Who may hears it until the host ends.
            if name == "follow_host" {
                continue;
            }
            let answer = ask(credentials);
            if *its < rank(scope) {
                let says = answer.problem(403);
                assert!(says.contains(&format!("`{scope}`")), "{name} with {has}: {says}");
            } else {
                assert!(![401, 403, 405].contains(&answer.status), "{name} with {has}: {answer:?}");
            }
        }
    }
    // What nobody was let in to do has not been done.
    assert_eq!(workspace.runs("quick"), [] as [Value; 0]);
    // What is not there, and what does not go, is nobody's business either.
    for (method, path) in [("GET", "/api/v1/none"), ("GET", "/none"), ("DELETE", "/api/v1/runs")] {
        assert!(!web.ask(method, path, &[], "").problem(401).is_empty());
    }
    assert!(get(web, &admin, "/none").problem(404).contains("nothing"));
    assert!(web.ask_as(&admin, "DELETE", "/api/v1/runs").problem(405).contains("method"));
    let _ = host.stop().succeeded();
}

#[test]
fn a_token_counts_until_it_is_revoked_and_is_never_told() {
    let (workspace, host, web) = host("");
    let made = workspace.run(&["token", "new", "--scope", "run", "--name", "ci", "--json"]);
    let made = made.succeeded().json();
    let token = made["token"].as_str().unwrap();
    assert_eq!((&made["name"], &made["scope"]), (&json!("ci"), &json!("run")));
    assert_eq!(post(web, token, "/tasks/quick/runs").status, 201);
    let listed = workspace.run(&["token", "list"]).succeeded().stdout;
    assert!(listed.contains("ci") && listed.contains(id(token)), "{listed}");
    let _ = workspace.run(&["token", "revoke", id(token)]).succeeded();
    assert!(post(web, token, "/tasks/quick/runs").problem(401).contains("does not know"));
    let _ = workspace.run(&["token", "revoke", id(token)]).failed().says(&["there is no token"]);
    let _ = workspace.run(&["token", "revoke", "x"]).misused();
    let _ =
        workspace.run(&["token", "new", "--scope", "all"]).misused().says(&["read, run, admin"]);
    let _ = workspace.run(&["token", "new", "--scope", "run", "--expires", "-1h"]).misused();

    let secret = token.rsplit('_').next().unwrap();
    let (told, ran) = host.stop_and_tell();
    let texts = ["tokens.json", "audit.jsonl"]
        .map(|name| fs::read_to_string(workspace.path("data").join(name)).unwrap());
    for text in [&format!("{told:?}"), &ran.stderr, &listed, &texts[0], &texts[1]] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn tokens_that_others_may_read_are_none() {
    let (workspace, mut host, web) = host("");
    let token = workspace.token("read", &[]);
    let file = workspace.path("data/tokens.json");
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    assert!(get(web, &token, "/host").problem(401).contains("can't read its tokens"));
    let told = host.event("tokens_unusable");
    assert!(told["text"].as_str().unwrap().contains("chmod 600"), "{told}");
    let _ = workspace.run(&["token", "list"]).failed().says(&["chmod 600"]);
    mode(0o600);
    assert_eq!(get(web, &token, "/host").status, 200);
    host.event("tokens_usable");
    workspace.write("data/tokens.json", "{");
    assert_eq!(get(web, &token, "/host").status, 401);
    let _ =
        workspace.run(&["token", "new", "--scope", "read"]).failed().says(&["no file of tokens"]);
    let _ = host.stop().succeeded();
}

#[test]
fn only_its_own_names_and_pages_reach_it() {
    let (workspace, host, web) = host("hosts = [\"horarium.example.com\"]\nanonymous = \"admin\"");
    let port = web.address.port();
    let asked = |headers: &[(&str, &str)], method| {
        web.ask(method, "/api/v1/tasks/quick/runs?", headers, "").status
    };
    let by = |name: &str| web.ask("GET", "/api/v1/host", &[("Host", name)], "");
    for name in ["localhost", "127.0.0.1", "[::1]:80", "horarium.example.com"] {
        assert_eq!(by(name).status, 200, "{name}");
    }
    for name in ["evil.example", "localhost.evil.example", "10.0.0.1", "localhost:x"] {
        assert!(by(name).problem(421).contains("web.hosts"), "{name}");
    }
    let several = "GET /api/v1/host HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\
                   Connection: close\r\n\r\n";
    assert!(web.send(several).starts_with("HTTP/1.1 400"));
    let elsewhere = "GET http://evil.example/api/v1/host HTTP/1.1\r\nHost: localhost\r\n\
                     Connection: close\r\n\r\n";
    assert!(web.send(elsewhere).starts_with("HTTP/1.1 421"));
    assert!(web.send("GET /api/v1/host HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 400"));

    let own = format!("http://localhost:{port}");
    let local = format!("localhost:{port}");
    let token = format!("Bearer {}", workspace.token("admin", &[]));
    for foreign in [
        [("Sec-Fetch-Site", "cross-site"), ("Origin", own.as_str())],
        [("Sec-Fetch-Site", "same-site"), ("Origin", own.as_str())],
        [("Origin", "null"), ("Host", &local)],
        [("Origin", "http://evil.example"), ("Host", &local)],
        [("Origin", "http://localhost:1"), ("Host", &local)],
        [("Sec-Fetch-Site", "cross-site"), ("Authorization", &token)],
    ] {
        assert_eq!(asked(&foreign, "POST"), 403, "{foreign:?}");
    }
    assert_eq!(workspace.runs("quick"), [] as [Value; 0], "nothing has happened so far");
    for good in [
        [("Sec-Fetch-Site", "same-origin"), ("Origin", "null")],
        [("Sec-Fetch-Site", "none"), ("Origin", "")],
        [("Origin", &own), ("Host", &local)],
    ] {
        assert_eq!(asked(&good, "POST"), 201, "{good:?}");
    }
    // A form of another site can't say that it is JSON without asking first.
    let form = [("Content-Type", "text/plain")];
    let answer = web.ask("POST", "/api/v1/tasks/quick/runs", &form, "{}");
    assert!(answer.problem(415).contains("application/json"));
    assert_eq!(asked(&[("Sec-Fetch-Site", "cross-site")], "OPTIONS"), 405);
    let _ = host.stop().succeeded();
}

#[test]
fn what_is_too_large_or_too_slow_or_makes_no_sense_is_refused() {
    let (workspace, host, web) = host("timeout = \"300ms\"\nanonymous = \"run\"");
    let path = "/api/v1/tasks/quick/runs";
    let large = format!("{{\"key\":\"{}\"}}", "x".repeat(2 << 20));
    assert!(web.ask("POST", path, &[], &large).problem(413).contains("longer"));
    let begins = |request: &str, with: &str| {
        let answer = web.send(request);
        assert!(answer.starts_with(with), "{}: {answer}", request.get(..40).unwrap_or(request));
    };
    let header = "x".repeat(64 << 10);
    begins(&web.request("GET", path, &[("X-Long", &header)], ""), "HTTP/1.1 431");
    begins(&web.request("GET", &format!("/{header}"), &[], ""), "HTTP/1.1 4");
    let many: Vec<_> = (0..100).map(|n| (format!("X-{n}"), n.to_string())).collect();
    let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    begins(&web.request("GET", path, &many, ""), "HTTP/1.1 431");
    begins("nonsense\r\n\r\n", "HTTP/1.1 400");
    begins(&web.request("GET", path, &[("Content-Length", "-1")], ""), "HTTP/1.1 400");
    begins(
        &web.request("POST", path, &[("Content-Length", "3"), ("Transfer-Encoding", "x")], "{}"),
        "HTTP/1.1 4",
    );
    begins(
        &web.request("POST", path, &[("Transfer-Encoding", "chunked")], "nonsense\r\n"),
        "HTTP/1.1 4",
    );

    // Half of a head, and nothing more; half of a body; nothing at all; and nothing after an
    // answer. Each of them ends by itself.
    begins("GET /healthz HTTP/1.1\r\nHost: local", "");
    begins("", "");
    let half = web.request("POST", path, &[("Content-Length", "10")], "{");
    let answer = web.send(&half);
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("problem+json"), "{answer}");
    let mut idle = web.connect();
    let local = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", web.address);
    idle.write_all(local.as_bytes()).unwrap();
    assert!(rest(&mut idle).starts_with("HTTP/1.1 200"));

    // One that is never read does not keep the host from going on, or from ending.
    let mut deaf = web.connect();
    for _ in 0..100 {
        // It takes no more once its own answers are stuck.
        let _ = deaf.write_all(local.as_bytes());
    }
    assert_eq!(workspace.runs("quick"), [] as [Value; 0]);
    assert_eq!(web.ask("GET", "/healthz", &[], "").status, 200);
    let _ = host.stop().succeeded();
}

/// What a line of the audit log says, without when and where.
fn said(line: &Value) -> (&str, &str, &str, &Value) {
    let word = |key: &str| line[key].as_str().unwrap();
    (word("event"), word("who"), word("operation"), &line["status"])
}

#[test]
fn who_changes_something_is_written_down_before() {
    let (workspace, host, web) = host("");
    let token = workspace.token("run", &["--name", "nightly"]);
    let admin = workspace.token("admin", &[]);
    assert_eq!(get(web, &token, "/tasks").status, 200);
    assert_eq!(post(web, &token, "/tasks/quick/runs").status, 201);
    assert_eq!(post(web, &token, "/tasks/none/runs").status, 404);
    assert_eq!(post(web, &token, "/host/pause").status, 403);
    assert_eq!(web.ask("POST", "/api/v1/runs/1/rerun", &[], "").status, 401);
    let _ = ask(&workspace.path("data"), "POST", "/api/v1/tasks/quick/pause", "").good();
    // The line of an answer is not waited for, but comes before that of the next request.
    let _ = ask(&workspace.path("data"), "POST", "/api/v1/tasks/quick/resume", "").good();

    let page = |query: &str| get(web, &admin, &format!("/audit?limit=6{query}")).good();
    let newest = page("");
    let oldest = page(&format!("&cursor={}", newest["next"].as_str().unwrap()));
    let items = |page: &Value| page["items"].as_array().unwrap().clone();
    let mut lines = [items(&newest), items(&oldest)].concat();
    lines.reverse();
    let name = format!("token {} (nightly)", id(&token));
    let uid = format!("uid {}", own_uid());
    let expected = [
        ("asked", name.as_str(), "trigger_task", &Value::Null),
        ("answered", &name, "trigger_task", &json!(201)),
        ("asked", &name, "trigger_task", &Value::Null),
        ("answered", &name, "trigger_task", &json!(404)),
        ("refused", &name, "pause_host", &json!(403)),
        ("refused", "anonymous", "rerun_run", &json!(401)),
        ("asked", &uid, "pause_task", &Value::Null),
        ("answered", &uid, "pause_task", &json!(200)),
    ];
    let shown: Vec<_> = lines.iter().take(8).map(said).collect();
    assert_eq!(shown, expected);
    assert_eq!(lines[0]["request"], lines[1]["request"]);
    assert_ne!(lines[0]["request"], lines[2]["request"]);
    assert_eq!(lines[0]["target"], "/api/v1/tasks/quick/runs");
    assert!(lines[0]["peer"].as_str().unwrap().starts_with("127.0.0.1:"));

    let _ = host.stop().succeeded();
    let text = fs::read_to_string(workspace.path("data/audit.jsonl")).unwrap();
    let kept: Vec<Value> = text.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(kept[..lines.len()], lines);
}

/// This process's user, as the kernel tells it.
fn own_uid() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

#[test]
fn what_can_t_be_written_down_is_not_done() {
    let (workspace, mut host, web) = host("anonymous = \"admin\"");
    fs::create_dir(workspace.path("data/audit.jsonl")).unwrap();
    let trigger = || web.ask("POST", "/api/v1/tasks/quick/runs", &[], "");
    assert!(trigger().problem(503).contains("audit"));
    host.event("audit_unwritable");
    let socket = ask(&workspace.path("data"), "POST", "/api/v1/tasks/quick/runs", "");
    assert!(socket.problem(503).contains("audit"));
    assert_eq!(web.ask("GET", "/api/v1/runs", &[], "").good()["items"], json!([]));
    fs::remove_dir(workspace.path("data/audit.jsonl")).unwrap();
    assert_eq!(trigger().status, 201);
    host.event("audit_writable");
    // Moved away, as `logrotate` does it: a page of what was there is no page of what is.
    let first = web.ask("POST", "/api/v1/host/pause", &[], "").status;
    let page = web.ask("GET", "/api/v1/audit?limit=1", &[], "").good();
    fs::rename(workspace.path("data/audit.jsonl"), workspace.path("data/audit.1")).unwrap();
    assert_eq!((first, web.ask("POST", "/api/v1/host/resume", &[], "").status), (200, 200));
    let cursor = page["next"].as_str().unwrap();
    let next = web.ask("GET", &format!("/api/v1/audit?cursor={cursor}"), &[], "");
    assert!(next.problem(410).contains("anew"));
    let _ = host.stop().succeeded();
}

#[test]
fn a_browser_logs_in_with_a_token() {
    let (workspace, host, web) = host("");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let log_in = |body: &str| web.ask("POST", "/login", &[form], body);
    let page = web.ask("GET", "/login?next=/%22%3E%3Cscript%3E", &[], "");
    let shown = page.body.as_str().unwrap();
    assert!(page.status == 200 && shown.contains("<label for=\"token\">"), "{page:?}");
    assert!(shown.contains("value=\"/&#34;&#62;") && !shown.contains("<script>"), "{page:?}");
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{page:?}");

    let token = workspace.token("run", &[]);
    let answer = log_in(&format!("token={token}&next=/api/v1/host"));
    assert_eq!(answer.status, 303);
    assert!(answer.head.contains("location: /api/v1/host\r\n"), "{answer:?}");
    assert!(log_in(&format!("token={token}&next=//evil.example")).head.contains("location: /\r\n"));
    let (_, cookie) = answer.head.split_once("set-cookie: ").unwrap();
    let (cookie, rest) = cookie.split_once(';').unwrap();
    for word in ["httponly", "samesite=strict", "path=/"] {
        assert!(rest.contains(word), "{rest}");
    }
    let with = |cookie: &str, method: &str, path: &str| {
        web.ask(method, path, &[("Cookie", cookie)], "").status
    };
    let trigger = "/api/v1/tasks/quick/runs";
    assert_eq!(with(cookie, "GET", "/api/v1/host"), 200);
    assert_eq!(with(cookie, "POST", trigger), 201);
    assert_eq!(with(cookie, "POST", "/api/v1/host/pause"), 403);
    let site = [("Cookie", cookie), ("Sec-Fetch-Site", "cross-site")];
    assert_eq!(web.ask("POST", trigger, &site, "").status, 403);
    let (name, _) = cookie.split_once('=').unwrap();
    assert_eq!(with(&format!("{name}={}", "0".repeat(64)), "GET", "/api/v1/host"), 401);

    let other = log_in(&format!("token={token}"));
    let other = other.head.split_once("set-cookie: ").unwrap().1.split_once(';').unwrap().0;
    assert_eq!(with(other, "POST", "/logout"), 303);
    assert_eq!(
        (with(other, "GET", "/api/v1/host"), with(cookie, "GET", "/api/v1/host")),
        (401, 200)
    );
    let _ = workspace.run(&["token", "revoke", id(&token)]).succeeded();
    assert_eq!(with(cookie, "GET", "/api/v1/host"), 401);

    let wrong = log_in("token=hor_&next=/runs");
    let shown = wrong.body.as_str().unwrap();
    assert!(
        wrong.status == 401 && shown.contains("role=\"alert\">This host does not"),
        "{wrong:?}"
    );
    assert!(shown.contains("value=\"/runs\"") && !shown.contains("hor_"), "{wrong:?}");
    assert_eq!(web.ask("POST", "/login", &[], "{}").status, 415);
    let statuses: Vec<_> = (0..12).map(|_| log_in(&format!("token={token}")).status).collect();
    assert_eq!((statuses[0], statuses[11]), (401, 429), "{statuses:?}");
    let _ = host.stop().succeeded();
}

#[test]
fn whoever_shows_no_token_may_do_what_the_configuration_says() {
    let (workspace, host, web) = host("anonymous = \"read\"");
    let ask = |method, path| web.ask(method, path, &[], "");
    assert_eq!(ask("GET", "/api/v1/host").status, 200);
    assert!(ask("POST", "/api/v1/tasks/quick/runs").problem(403).contains("`run`"));
    // A token that is worth nothing is not worth as much as none.
    assert_eq!(get(web, "hor_", "/host").status, 401);
    assert_eq!(post(web, &workspace.token("run", &[]), "/tasks/quick/runs").status, 201);
    let _ = host.stop().succeeded();
}

#[test]
fn a_host_says_whether_it_lives_and_whether_it_is_ready() {
    let (workspace, mut host, web) = host("");
    let ready = || web.ask("GET", "/readyz", &[], "");
    let data = workspace.path("data");
    assert_eq!((web.ask("GET", "/healthz", &[], "").status, ready().status), (200, 200));
    assert_eq!(ask(&data, "GET", "/healthz", "").good(), json!({ "status": "ok" }));
    assert_eq!(ask(&data, "GET", "/readyz", "").good(), json!({ "status": "ok" }));
    fs::rename(workspace.path("plugins"), workspace.path("aside")).unwrap();
    // What was seen a moment ago may be told once more.
    let says = eventually("word of it", || {
        let answer = ready();
        (answer.status == 503).then(|| answer.problem(503))
    });
    assert!(says.contains("plugin directory") && !says.contains(&workspace.text("")), "{says}");
    fs::rename(workspace.path("aside"), workspace.path("plugins")).unwrap();
    eventually("readiness", || (ready().status == 200).then_some(()));
    let _ = workspace.run(&["trigger", "gated"]).succeeded();
    host.of("gated", "started");
    host.terminate();
    host.event("draining");
    assert!(ready().problem(503).contains("stopping"));
    assert_eq!(web.ask("GET", "/healthz", &[], "").status, 200);
    workspace.write("gate/open", "");
    let _ = host.ended().succeeded();
}

#[test]
fn nobody_listens_where_everybody_could_read_along() {
    let workspace = Workspace::new(TASKS);
    let _ = workspace.run(&["serve", "--listen", "0.0.0.0:0"]).failed().says(&[
        "not a loopback address",
        "web.tls",
        "127.0.0.1:7878",
    ]);
    let _ = workspace.run(&["serve", "--listen", "localhost"]).misused();
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = occupied.local_addr().unwrap().to_string();
    let ran = workspace.run(&["serve", "--listen", &taken]).failed();
    let _ = ran.says(&["can't listen at", &taken]);
    workspace.configure("[web]\nlisten = \"192.0.2.1:7878\"");
    let _ = workspace.run(&["check"]).failed().says(&["web.listen", "not a loopback address"]);
    workspace.configure(&format!("[web]\nanonymous = \"read\"\n{TASKS}"));
    let mut host = workspace.serve(&["--listen", "[::1]:0"]);
    assert_eq!(Web::of(&mut host).ask("GET", "/api/v1/host", &[], "").status, 200);
    let _ = host.stop().succeeded();
}
