//! `horarium serve`: every kind of schedule runs, and the history tells all of it.

use e2e::{Workspace, serving::signal_once_it_says};
use rustix::process::Signal;
use serde_json::{Value, json};

/// All of a task's runs that are over and were not skipped.
fn ended(workspace: &Workspace, task: &str) -> Vec<Value> {
    let runs = workspace.runs(task).into_iter();
    runs.filter(|run| run["ended_at"].is_string() && run["state"] != "skipped").collect()
}

#[test]
fn every_kind_of_schedule_comes_up() {
    let workspace = Workspace::new(
        r#"
        task.by-calendar = { plugin = "noop", schedule = { cron = "* * * * * *" } }
        task.paced = { plugin = "noop", schedule = { every = "500ms", offset = "100ms" } }
        task.pump = { plugin = "noop", schedule = { continuous = true, pause = "50ms" } }
        task.only-once = { plugin = "noop", schedule = { once = true } }
        task.long-ago = { plugin = "noop", schedule = { at = "2001-01-01T00:00:00Z" } }
        task.far-away = { plugin = "noop", schedule = { at = "2999-01-01T00:00:00Z" } }
        task.on-demand = { plugin = "noop", schedule = { manual = true } }
        "#,
    );
    let mut host = workspace.serve(&[]);
    assert_eq!(host.event("tasks")["count"], 7);
    host.all_over(&["by-calendar", "paced", "pump", "pump", "only-once", "long-ago"]);
    let _ = host.stop().succeeded();

    for (task, trigger) in [
        ("by-calendar", "schedule"),
        ("paced", "schedule"),
        ("pump", "continuous"),
        ("only-once", "once"),
        ("long-ago", "at"),
    ] {
        let runs = ended(&workspace, task);
        let first = runs.first().unwrap_or_else(|| panic!("{task} has no run that is over"));
        assert_eq!(first["state"], "succeeded", "{first}");
        assert_eq!(first["trigger"], trigger, "{first}");
        let attempts = workspace.attempts(&first["run"]);
        let [attempt] = attempts.as_slice() else { panic!("one attempt, and not {attempts:?}") };
        assert_eq!(attempt["verdict"], "succeeded");
        assert!(attempt["fuel"].as_u64().unwrap() > 0, "{attempt}");
        assert!(attempt["peak_memory"].as_u64().unwrap() > 0, "{attempt}");
        assert!(attempt["wall_us"].as_u64().unwrap() > 0, "{attempt}");
        assert_eq!(attempt["plugin"].as_str().unwrap().len(), 64);
    }
    assert_eq!(workspace.runs("only-once").len(), 1);
    assert_eq!(workspace.runs("long-ago")[0]["scheduled_for"], "2001-01-01T00:00:00Z");
    assert_eq!(workspace.runs("far-away"), Vec::<Value>::new());
    assert_eq!(workspace.runs("on-demand"), Vec::<Value>::new());
    let on_the_second = |run: &Value| !run["scheduled_for"].as_str().unwrap().contains('.');
    assert!(workspace.runs("by-calendar").iter().all(on_the_second));
}

#[test]
fn a_failure_is_tried_again_until_it_succeeds() {
    let workspace = Workspace::new(
        r#"
        [task.stubborn]
        plugin = "unruly"
        function = "attempts"
        args = { succeed_on = 3 }
        schedule = { once = true }
        retry = { max_attempts = 5, delay = "10ms", factor = 1 }
        "#,
    );
    let mut host = workspace.serve(&[]);
    let run = host.over("stubborn")["run"].clone();
    let _ = host.stop().succeeded();

    let shown = workspace.run(&["runs", &run.to_string(), "--json"]).succeeded().json();
    assert_eq!(shown["run"]["state"], "succeeded");
    assert_eq!(shown["run"]["attempts"], 3);
    assert_eq!(shown["run"]["output"], 3);
    let verdicts: Vec<_> = shown["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| (attempt["attempt"].clone(), attempt["verdict"].clone()))
        .collect();
    assert_eq!(
        verdicts,
        [(json!(1), json!("failed")), (json!(2), json!("failed")), (json!(3), json!("succeeded"))]
    );
    assert_eq!(shown["attempts"][0]["error"], "attempt 1 is too early");
}

#[test]
fn attempts_come_to_an_end_where_none_succeeds() {
    let workspace = Workspace::new(
        r#"
        [defaults]
        retry = { max_attempts = 3, delay = "10ms" }
        [task.hopeless]
        plugin = "unruly"
        function = "fail"
        args = { kind = "retry" }
        schedule = { once = true }
        [task.refusing]
        plugin = "unruly"
        function = "fail"
        args = { kind = "permanent", message = "never" }
        schedule = { at = "2001-01-01T00:00:00Z" }
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.all_over(&["hopeless", "refusing"]);
    let _ = host.stop().succeeded();
    let hopeless = &workspace.runs("hopeless")[0];
    assert_eq!((&hopeless["state"], &hopeless["attempts"]), (&json!("failed"), &json!(3)));
    let refusing = &workspace.runs("refusing")[0];
    assert_eq!((&refusing["state"], &refusing["attempts"]), (&json!("failed"), &json!(1)));
    assert_eq!(refusing["error"], "never");
}

#[test]
fn the_log_is_kept_attempt_by_attempt() {
    let workspace = Workspace::new(
        r#"
        [task.crasher]
        plugin = "unruly"
        function = "panic"
        args = { message = "ouch" }
        schedule = { once = true }
        retry = { max_attempts = 2, delay = "10ms" }
        "#,
    );
    let mut host = workspace.serve(&[]);
    let run = host.over("crasher")["run"].clone();
    let _ = host.stop().succeeded();
    let lines = workspace.log(&run);
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["attempt"].clone(), line["line"]["message"].clone()))
        .collect();
    assert_eq!(told, [(json!(1), json!("ouch")), (json!(2), json!("ouch"))]);
    assert_eq!(lines[0]["line"]["level"], "error");
    assert!(lines[0]["line"]["place"].as_str().unwrap().contains("ending.rs:"), "{}", lines[0]);
    // Programs hear of the ends as well.
    let all = workspace.run(&["logs", &run.to_string(), "--json"]).succeeded().json_lines();
    assert_eq!(all.len(), 5, "{all:#?}");
    assert_eq!(
        (&all[1]["attempt"]["verdict"], &all[4]["end"]["state"]),
        (&json!("trapped"), &json!("trapped"))
    );
    let attempts = workspace.attempts(&run);
    assert_eq!(attempts[1]["backtrace"][0], "guest_unruly::ending::give_up");
    let shown = workspace.run(&["logs", &run.to_string(), "--attempt", "2"]).succeeded();
    assert!(shown.stdout.contains("attempt 2 · trapped"), "{shown}");
    assert!(!shown.stdout.contains("attempt 1"), "{shown}");
}

#[test]
fn what_is_due_while_the_last_run_is_not_over_is_skipped_and_recorded() {
    let workspace = Workspace::new(
        r#"
        [task.slow]
        plugin = "unruly"
        function = "wait"
        args = { path = "/gate/open" }
        schedule = { every = "200ms" }
        grants.dirs = [{ host = "gate", guest = "/gate" }]
        "#,
    );
    let mut host = workspace.serve(&[]);
    let run = host.of("slow", "started")["run"].clone();
    let skipped = host.of("slow", "skipped");
    assert_eq!(skipped["reason"], "overlap");
    workspace.write("gate/open", "");
    let over = host.over("slow");
    assert_eq!(over["run"], run);
    let _ = host.stop().succeeded();
    let shown = workspace.run(&["runs", &skipped["run"].to_string(), "--json"]).succeeded().json();
    assert_eq!(shown["run"]["state"], "skipped");
    assert_eq!(shown["run"]["reason"], "overlap");
    assert_eq!(shown["attempts"], json!([]));
    let all = workspace.run(&["runs", "--state", "skipped"]).succeeded();
    assert!(all.stdout.contains("overlap"), "{all}");
}

#[test]
fn a_task_is_triggered_on_demand() {
    let workspace = Workspace::new(
        r#"
        [task.report]
        plugin = "unruly"
        function = "echo"
        args = { depth = 3 }
        schedule = { manual = true }
        "#,
    );
    let mut host = workspace.serve(&["--trigger", "report"]);
    let run = host.over("report")["run"].clone();
    let _ = host.stop().succeeded();
    let shown = workspace.run(&["runs", &run.to_string(), "--json"]).succeeded().json();
    assert_eq!(shown["run"]["trigger"], "manual");
    let output = &shown["run"]["output"];
    assert_eq!(output["args"], json!({ "depth": 3 }));
    assert_eq!(output["trigger"], "manual");
    assert_eq!(output["run_id"], shown["run"]["key"]);

    let ran = workspace.run(&["serve", "--trigger", "repotr"]).failed();
    let _ = ran.says(&["there is no task `repotr`", "did you mean `report`?"]);
}

#[test]
fn a_host_ends_by_itself_where_it_was_told_to() {
    let workspace =
        Workspace::new(r#"task.ping = { plugin = "noop", schedule = { once = true } }"#);
    let mut host = workspace.serve(&["--for", "100ms"]);
    host.event("draining");
    let _ = host.ended().succeeded();
}

#[test]
fn people_are_told_the_same_story() {
    let workspace = Workspace::new(
        r#"
        [task.refusing]
        plugin = "unruly"
        function = "fail"
        args = { kind = "permanent", message = "no ink" }
        schedule = { once = true }
        "#,
    );
    let host = workspace.start(&["serve"]);
    let ran = signal_once_it_says(host, "no ink", Signal::TERM).succeeded();
    for text in ["plugin unruly", "1 task", "starts", "✘ failed in", "no ink", "stopping"] {
        assert!(ran.stdout.contains(text), "{text:?} is missing: {ran}");
    }
    let ran = workspace.run(&["runs"]).succeeded();
    assert!(ran.stdout.contains("✘ failed") && ran.stdout.contains("no ink"), "{ran}");
}
