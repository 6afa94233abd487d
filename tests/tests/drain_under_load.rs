//! SIGTERM while everything is full: the next host ends what this one did not.

use std::{collections::HashMap, fmt::Write as _};

use e2e::{Serving, Workspace, history::History};
use serde_json::Value;

const CAPACITY: usize = 8;
const GATED: usize = 60;

/// Many runs that are over when the test says so, tried once, and those of a task at
/// whose instants nobody looked away.
fn workspace() -> Workspace {
    let mut tasks = format!(
        r#"
        host = {{ capacity = {CAPACITY}, grace = "100ms" }}
        [defaults]
        retry = {{ max_attempts = 1 }}
        [task.paced]
        plugin = "noop"
        schedule = {{ every = "100ms" }}
        misfire = "all"
        misfire_limit = 10000
        overlap = "queue_all"
        queue_limit = 10000
        "#
    );
    for task in 0..GATED {
        let _ = write!(
            tasks,
            r#"
            [task.gated-{task}]
            plugin = "unruly"
            function = "wait"
            args = {{ path = "/gate/open" }}
            schedule = {{ at = "2001-01-01T00:00:00Z" }}
            timeout = "5m"
            fuel = "unlimited"
            priority = 1
            grants.dirs = [{{ host = "gate", guest = "/gate" }}]
            "#
        );
    }
    Workspace::new(&tasks)
}

/// Waits until there is no room for any more.
fn full(host: &mut Serving) {
    for _ in 0..CAPACITY {
        host.until("a guest that waits", |event| {
            event["event"] == "log" && event["line"]["message"] == "waiting"
        });
    }
}

/// What is in the history once a host has drained: nothing runs, and whatever is not over
/// has all of its attempts.
fn drained(workspace: &Workspace, host: Serving, told: &mut Vec<Value>) -> History {
    let (more, ran) = host.stop_and_tell();
    let _ = ran.succeeded();
    told.extend(more);
    let history = History::read(&workspace.path("data")).unwrap();
    for run in &history.runs {
        let expected = if run.is_over() { ("succeeded", 1) } else { ("scheduled", 0) };
        assert_eq!((&*run.state, run.attempt), expected, "{run:?}");
    }
    history
}

#[test]
fn a_drain_under_load_loses_nothing() {
    let workspace = workspace();
    let mut told = Vec::new();
    // Handed back again and again, which is nobody's fault.
    for _ in 0..3 {
        let mut host = workspace.serve(&[]);
        full(&mut host);
        let history = drained(&workspace, host, &mut told);
        let gated = history.runs.iter().filter(|run| run.task.starts_with("gated"));
        assert_eq!(gated.filter(|run| run.state == "scheduled").count(), GATED);
    }
    // While some end, and others begin.
    workspace.write("gate/open", "");
    for _ in 0..3 {
        let mut host = workspace.serve(&[]);
        host.event("ended");
        host.event("ended");
        drained(&workspace, host, &mut told);
    }
    let mut host = workspace.serve(&[]);
    let over = |event: &Value| event["event"] == "ended" && event["over"] == true;
    let mut gated = told.iter().filter(|event| over(event) && event["task"] != "paced").count();
    while gated < GATED {
        let end = host.until("the end of a run", over);
        gated += usize::from(end["task"] != "paced");
    }
    host.over("paced");
    let history = drained(&workspace, host, &mut told);

    let gated = history.runs.iter().filter(|run| run.task.starts_with("gated"));
    assert_eq!(gated.filter(|run| run.state == "succeeded").count(), GATED);
    let mut instants: Vec<_> = history.of("paced").map(|run| run.scheduled_for).collect();
    instants.sort_unstable();
    assert!(instants.windows(2).all(|pair| pair[1] - pair[0] == 100_000), "{instants:?}");
    as_told(&history, &told);
}

/// Each run was told to be over once, if it is, and each of its attempts as it was.
fn as_told(history: &History, told: &[Value]) {
    let mut over = HashMap::<_, u32>::new();
    let mut verdicts = HashMap::<_, Vec<_>>::new();
    for event in told.iter().filter(|event| event["event"] == "ended") {
        let run = event["run"].as_i64().unwrap();
        *over.entry(run).or_default() += u32::from(event["over"] == true);
        verdicts.entry(run).or_default().push(event["verdict"].as_str().unwrap());
    }
    for run in &history.runs {
        let attempts = history.attempts.iter().filter(|attempt| attempt.run == run.id);
        let recorded: Vec<_> = attempts.map(|attempt| attempt.verdict.as_str()).collect();
        assert_eq!(recorded, verdicts.remove(&run.id).unwrap_or_default(), "{run:?}");
        assert_eq!(over.get(&run.id).copied().unwrap_or(0), u32::from(run.is_over()), "{run:?}");
        let succeeded = recorded.iter().filter(|verdict| **verdict == "succeeded").count();
        assert_eq!(succeeded, usize::from(run.is_over()), "{run:?}");
    }
}
