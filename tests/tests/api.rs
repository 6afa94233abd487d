//! The HTTP API, as a program meets it.

use e2e::{
    Serving, Workspace,
    asking::{Answer, ask},
};
use serde_json::{Value, json};

fn get(workspace: &Workspace, path: &str) -> Answer {
    ask(&workspace.path("data"), "GET", &format!("/api/v1{path}"), "")
}

fn post(workspace: &Workspace, path: &str, body: &Value) -> Answer {
    ask(&workspace.path("data"), "POST", &format!("/api/v1{path}"), &body.to_string())
}

/// A host whose task `talk` has run three times, and logged each time.
fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(
        r#"
        [task.talk]
        plugin = "unruly"
        function = "flood"
        args = { bytes = 240 }
        schedule = { manual = true }
        [task.yearly]
        plugin = "noop"
        schedule = { cron = "30 2 29 3 *", timezone = "Europe/Berlin" }
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    for run in 1..=3 {
        assert_eq!(post(&workspace, "/tasks/talk/runs", &json!({})).good()["run"], run);
        assert_eq!(host.over("talk")["verdict"], "succeeded");
    }
    (workspace, host)
}

fn runs(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|run| run["run"].as_i64().unwrap()).collect()
}

#[test]
fn lists_come_in_pages() {
    let (workspace, host) = host();
    let first = get(&workspace, "/runs?limit=2").good();
    assert_eq!(runs(&first), [3, 2]);
    let cursor = first["next"].as_str().unwrap();
    let last = get(&workspace, &format!("/runs?limit=2&cursor={cursor}")).good();
    assert_eq!((runs(&last), last.get("next")), (vec![1], None));
    assert_eq!(runs(&get(&workspace, "/runs?state=failed,lost").good()), [] as [i64; 0]);
    assert_eq!(runs(&get(&workspace, "/runs?state=succeeded&task=talk").good()), [3, 2, 1]);

    let tasks = get(&workspace, "/tasks?limit=1").good();
    assert_eq!(tasks["items"][0]["history"]["task"], "talk");
    let cursor = tasks["next"].as_str().unwrap();
    let tasks = get(&workspace, &format!("/tasks?cursor={cursor}")).good();
    assert_eq!(tasks["items"][0]["settings"]["task"], "yearly");

    let log = get(&workspace, "/runs/1/log?limit=2").good();
    let cursor = log["next"].as_str().unwrap();
    let rest = get(&workspace, &format!("/runs/1/log?cursor={cursor}")).good();
    let items = |page: &Value| page["items"].as_array().unwrap().clone();
    let lines = [items(&log), items(&rest)].concat();
    let told = workspace.log(&json!(1));
    assert_eq!(lines, told.iter().map(|told| told["line"].clone()).collect::<Vec<_>>());
    assert_eq!(lines.len(), 3);
    let _ = host.stop().succeeded();
}

#[test]
fn a_task_says_when_it_is_due() {
    let (workspace, host) = host();
    let next = get(&workspace, "/tasks/yearly/next?from=2026-01-01T00:00:00Z&limit=2").good();
    // In 2026 there is no half past two that night.
    assert_eq!(next["next"], json!(["2026-03-29T01:00:00Z", "2027-03-29T00:30:00Z"]));
    assert_eq!(next["timezone"], "Europe/Berlin");
    let task = get(&workspace, "/tasks/talk").good();
    assert_eq!(task["history"]["last"]["run"], 3);
    assert_eq!(task["settings"]["function"], "flood");
    let _ = host.stop().succeeded();
}

#[test]
fn what_makes_no_sense_is_a_problem_and_changes_nothing() {
    let (workspace, host) = host();
    for (path, status, says) in [
        ("/runs?task=a%2Fb", 400, "task"),
        ("/runs?stat=failed", 400, "stat"),
        ("/runs?state=broken", 400, "broken"),
        ("/runs?limit=0", 422, "limit"),
        ("/runs?limit=501", 422, "limit"),
        ("/runs?limit=-1", 400, "limit"),
        ("/runs?cursor=x", 400, "cursor"),
        ("/runs/4", 404, "run 4"),
        ("/runs/9223372036854775808", 404, ""),
        ("/runs/x", 404, ""),
        ("/runs/4/log", 404, "run 4"),
        ("/runs/1/log?cursor=1", 400, "cursor"),
        ("/runs/1/log?level=loud", 400, "level"),
        ("/tasks/none", 404, "none"),
        ("/tasks/..%2Ftalk", 404, ""),
        ("/tasks/talk/next?from=yesterday", 400, "from"),
        ("/tasks?active=perhaps", 400, "active"),
        ("/runs/4/log/events", 404, "run 4"),
        ("/runs/1/log/events?after=1", 400, "after"),
        ("/runs/1/log/events?level=loud", 400, "level"),
        ("/events?task=a%2Fb", 400, "task"),
        ("/events?run=1", 400, "run"),
        ("/statistics?since=yesterday", 400, "since"),
        ("/tasks/none/statistics", 404, "none"),
        ("/tasks/talk/statistics?runs=0", 422, "runs"),
        ("/nothing", 404, "nothing"),
        ("/tasks/talk/runs", 405, "method"),
    ] {
        let detail = get(&workspace, path).problem(status);
        assert!(detail.contains(says), "{path}: {detail}");
    }
    for (path, body, status) in [
        ("/tasks/talk/runs", "{", 400),
        ("/tasks/talk/runs", "{\"when\":1}", 400),
        ("/tasks/talk/runs", "[]", 400),
        ("/tasks/talk/runs", "{\"at\":\"2026-02-30T00:00:00Z\"}", 400),
        ("/tasks/talk/runs", "{\"args\":{\"bytes\":\"many\"}}", 422),
        ("/tasks/talk/runs", "{\"key\":\"\"}", 422),
        ("/tasks/talk/runs", "{\"priority\":-101}", 422),
        ("/tasks/yearly/backfill", "{}", 400),
        ("/runs/1/cancel", "", 409),
        ("/runs", "", 405),
    ] {
        let answer = ask(&workspace.path("data"), "POST", &format!("/api/v1{path}"), body);
        assert!(!answer.problem(status).is_empty(), "{path} {body}");
    }
    assert_eq!(runs(&get(&workspace, "/runs").good()), [3, 2, 1]);
    let _ = host.stop().succeeded();
}

/// The document's schema for what is answered with this status, which may refer to others.
fn schema(document: &Value, path: &str, status: &str) -> Value {
    let answer = &document["paths"][path]["get"]["responses"][status]["content"];
    let content = answer.as_object().and_then(|kinds| kinds.values().next());
    let mut schema = content.unwrap_or_else(|| panic!("{path} {status}"))["schema"].clone();
    schema["components"] = document["components"].clone();
    schema
}

#[test]
fn what_is_answered_is_as_the_document_says() {
    let (workspace, host) = host();
    let _ = workspace.run(&["state", "set", "talk", "cursor", "7"]).succeeded();
    let document = get(&workspace, "/openapi.json").good();
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths.iter().filter(|(_, methods)| methods.get("get").is_some()) {
        // A stream has no one answer; see `follow` and `keeping`.
        let kinds = &methods["get"]["responses"]["200"]["content"];
        if ["text/event-stream", "application/jsonl"].iter().any(|kind| kinds.get(kind).is_some()) {
            continue;
        }
        for (run, task, plugin, status) in
            [("2", "talk", "unruly", 200), ("7", "none", "none", 404)]
        {
            let filled = path.replace("{run}", run).replace("{task}", task);
            let filled = filled.replace("{plugin}", plugin);
            let filled = filled.replace("{kind}/{name}", &format!("task/{task}"));
            let key = if filled.ends_with("/entry") { "?key=cursor" } else { "" };
            let filled = filled + key;
            if status == 404 && filled == *path {
                continue;
            }
            // Nothing was saved for it; see `checkpoints`.
            let status = if filled.ends_with("/checkpoint") { 404 } else { status };
            let answer = get(&workspace, &filled);
            assert_eq!(answer.status, status, "{filled}");
            let said = if status == 200 { "200" } else { "default" };
            let validator = jsonschema::validator_for(&schema(&document, path, said)).unwrap();
            let misfits: Vec<_> =
                validator.iter_errors(&answer.body).map(|misfit| misfit.to_string()).collect();
            assert!(misfits.is_empty(), "{filled}: {misfits:?} in {}", answer.body);
        }
        assert_ne!(
            methods["get"]["description"].as_str().or(methods["get"]["summary"].as_str()),
            None
        );
    }
    let _ = host.stop().succeeded();
}
