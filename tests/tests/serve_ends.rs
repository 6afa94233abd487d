//! `horarium serve`: how a host ends, and how the next one goes on.

use e2e::Workspace;
use serde_json::{Value, json};

/// A task that is over when the test says so, and a grace to end in.
fn gated(grace: &str) -> Workspace {
    Workspace::new(&format!(
        r#"
        host.grace = "{grace}"
        [task.gated]
        plugin = "unruly"
        function = "wait"
        args = {{ path = "/gate/open" }}
        schedule = {{ once = true }}
        timeout = "5m"
        fuel = "unlimited"
        retry = {{ max_attempts = 1 }}
        grants.dirs = [{{ host = "gate", guest = "/gate" }}]
        "#
    ))
}

#[test]
fn what_ends_within_the_grace_is_a_success() {
    let workspace = gated("5m");
    let mut host = workspace.serve(&[]);
    host.says("gated", "waiting");
    host.terminate();
    assert_eq!(host.event("draining")["grace_s"], 300.0);
    workspace.write("gate/open", "");
    assert_eq!(host.over("gated")["verdict"], "succeeded");
    let _ = host.ended().succeeded();
    assert_eq!(workspace.runs("gated")[0]["state"], "succeeded");
}

#[test]
fn what_outlasts_the_grace_is_handed_back_and_done_by_the_next_host() {
    let workspace = gated("100ms");
    let mut host = workspace.serve(&[]);
    host.says("gated", "waiting");
    host.terminate();
    let end = host.of("gated", "ended");
    assert_eq!((&end["verdict"], &end["over"]), (&json!("interrupted"), &json!(false)));
    let _ = host.ended().succeeded();
    let run = &workspace.runs("gated")[0];
    assert_eq!((&run["state"], &run["attempts"]), (&json!("scheduled"), &json!(0)), "refunded");

    workspace.write("gate/open", "");
    let mut host = workspace.serve(&[]);
    let over = host.over("gated");
    assert_eq!((&over["verdict"], &over["attempt"]), (&json!("succeeded"), &json!(1)));
    let _ = host.stop().succeeded();
    let runs = workspace.runs("gated");
    assert_eq!(runs.len(), 1);
    let attempts = workspace.attempts(&runs[0]["run"]);
    let verdicts: Vec<_> = attempts.iter().map(|attempt| attempt["verdict"].clone()).collect();
    assert_eq!(verdicts, ["interrupted", "succeeded"]);
}

#[test]
fn whoever_insists_is_not_kept_waiting() {
    let workspace = gated("5m");
    let mut host = workspace.serve(&[]);
    host.says("gated", "waiting");
    host.terminate();
    host.event("draining");
    host.terminate();
    host.event("aborted");
    let _ = host.ended().failed();
    assert_eq!(workspace.runs("gated")[0]["state"], "unknown");

    // It may be tried once only, so it is lost, and says so.
    let mut host = workspace.serve(&[]);
    assert_eq!(host.over("gated")["verdict"], "lost");
    let _ = host.stop().succeeded();
    assert_eq!(workspace.runs("gated")[0]["state"], "lost");
}

#[test]
fn a_guest_that_computes_does_not_keep_a_host() {
    let workspace = Workspace::new(
        r#"
        host.grace = "100ms"
        [task.spinner]
        plugin = "unruly"
        function = "spin"
        schedule = { once = true }
        fuel = "unlimited"
        timeout = "5m"
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.of("spinner", "started");
    host.terminate();
    assert_eq!(host.of("spinner", "ended")["verdict"], "interrupted");
    let _ = host.ended().succeeded();
}

#[test]
fn once_is_once_however_often_the_host_starts() {
    let workspace = Workspace::new(
        r#"
        task.migrate = { plugin = "noop", schedule = { once = true } }
        task.long-ago = { plugin = "noop", schedule = { at = "2001-01-01T00:00:00Z" } }
        task.tick = { plugin = "noop", schedule = { every = "100ms" } }
        "#,
    );
    for start in 0..4 {
        let mut host = workspace.serve(&[]);
        if start == 0 {
            host.all_over(&["migrate", "long-ago"]);
        }
        // Whatever is due at the start has been recorded by then.
        host.over("tick");
        let _ = host.stop().succeeded();
    }
    for task in ["migrate", "long-ago"] {
        let runs = workspace.runs(task);
        assert_eq!(runs.len(), 1, "{runs:?}");
        assert_eq!(runs[0]["state"], "succeeded");
        assert_eq!(workspace.attempts(&runs[0]["run"]).len(), 1);
    }
}

#[test]
fn what_waits_at_a_start_is_not_touched_before_its_task_is_known() {
    let workspace = Workspace::new(
        r#"
        [task.patient]
        plugin = "unruly"
        function = "attempts"
        args = { succeed_on = 2 }
        schedule = { once = true }
        retry = { max_attempts = 2, delay = "300ms", jitter = 0 }
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.of("patient", "ended");
    let _ = host.kill();
    let mut host = workspace.serve(&[]);
    assert_eq!(host.over("patient")["verdict"], "succeeded");
    let _ = host.stop().succeeded();
    let runs = workspace.runs("patient");
    let attempts = workspace.attempts(&runs[0]["run"]);
    let verdicts: Vec<_> = attempts.iter().map(|attempt| attempt["verdict"].clone()).collect();
    assert_eq!(verdicts, ["failed", "succeeded"]);
}

#[test]
fn a_data_directory_has_one_host() {
    let workspace =
        Workspace::new(r#"task.ping = { plugin = "noop", schedule = { once = true } }"#);
    let mut first = workspace.serve(&[]);
    first.over("ping");
    let second = workspace.run(&["serve", "--json"]).failed();
    let pid = format!("process id {}", first.pid());
    let second = second.says(&["the history in", &pid, "uses this data directory"]);
    assert_eq!(second.stdout, "", "nothing was started");
    // Reading is no matter.
    assert_eq!(workspace.runs("ping").len(), 1);
    let _ = first.stop().succeeded();
    let third = workspace.serve(&[]);
    let _ = third.stop();
}

#[test]
fn whoever_reads_json_gets_nothing_else() {
    let workspace = Workspace::new("[task.fine]\nplugin = \"noop\"\nschedule = { once = true }");
    // There can be no cache, and the host says so.
    std::fs::remove_file(workspace.path("data/cache")).unwrap();
    workspace.write("data/cache", "");
    let mut host = workspace.serve(&[]);
    host.over("fine");
    let other = workspace.run(&["serve", "--json", "--for", "1s"]).failed();
    let ran = host.stop().succeeded();
    let line = |text: &str| -> Value { text.parse().unwrap_or_else(|_| panic!("{text}")) };
    let warnings: Vec<Value> = ran.stderr.lines().map(line).collect();
    assert!(warnings.iter().any(|it| it["event"] == "warning" && it["at"].is_string()), "{ran}");
    // Of two hosts the second one ends with a word.
    let last = line(other.stderr.lines().last().unwrap());
    assert_eq!(last["event"], "error");
    assert!(last["error"].as_str().unwrap().contains("another"), "{last}");
}
