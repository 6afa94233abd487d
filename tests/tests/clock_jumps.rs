//! A wall clock that is set while a host serves.

use std::collections::HashSet;

use e2e::{Clock, Serving, Workspace, history::History};

const HOUR: i64 = 3_600;
const YEAR: i64 = 365 * 24 * HOUR;

/// Ten minutes past an hour: no story goes on until the hour is full.
const START: i64 = 1_780_315_800;

const TASKS: &str = r#"
    [task.tick]
    plugin = "noop"
    schedule = { every = "1s" }
    [task.latest]
    plugin = "noop"
    schedule = { cron = "@hourly" }
    [task.skipping]
    plugin = "noop"
    schedule = { cron = "@hourly" }
    misfire = "skip"
    [task.all]
    plugin = "noop"
    schedule = { cron = "@hourly" }
    misfire = "all"
    misfire_limit = 5
    overlap = "queue_all"
    [task.asked]
    plugin = "noop"
    schedule = { manual = true }
    [task.pump]
    plugin = "noop"
    schedule = { continuous = true, pause = "1s" }
    [task.gated]
    plugin = "unruly"
    function = "wait"
    args = { path = "/gate/open" }
    schedule = { once = true }
    timeout = "5m"
    fuel = "unlimited"
    retry = { max_attempts = 1 }
    grants.dirs = [{ host = "gate", guest = "/gate" }]
"#;

/// A host that has found its tasks at [`START`], and whose `gated` runs.
fn host() -> Option<(Workspace, Clock, Serving)> {
    let workspace = Workspace::new(TASKS);
    let clock = Clock::new(&workspace)?;
    clock.set(START);
    let mut host = workspace.serve_by(&clock);
    host.says("gated", "waiting");
    host.over("tick");
    Some((workspace, clock, host))
}

/// The instants for which a task has runs that were not skipped, in seconds after this
/// one.
fn instants(history: &History, task: &str, after: i64) -> Vec<i64> {
    let runs = history.of(task).filter(|run| run.state != "skipped");
    runs.map(|run| run.scheduled_for / 1_000_000 - after).collect()
}

/// It goes on serving: whoever asks gets a run.
fn asked(workspace: &Workspace, host: &mut Serving) {
    let _ = workspace.run(&["trigger", "asked"]).succeeded();
    assert_eq!(host.over("asked")["verdict"], "succeeded");
}

/// Ends the host, whose `gated` has run through all of it, and reads what it did. No
/// instant has two runs, and nothing is shown that can't be.
fn end(workspace: &Workspace, mut host: Serving) -> History {
    workspace.write("gate/open", "");
    let over = host.over("gated");
    assert_eq!((&over["verdict"], &over["attempt"]), (&"succeeded".into(), &1.into()));
    let _ = host.stop().succeeded();
    for verb in [&["runs"][..], &["runs", &over["run"].to_string()], &["tasks"]] {
        let ran = workspace.run(verb).succeeded();
        assert!(!ran.stdout.contains(" -"), "{ran}");
    }
    let history = History::read(&workspace.path("data")).unwrap();
    let mut seen = HashSet::new();
    for run in &history.runs {
        let fire = (&run.task, &run.trigger, run.scheduled_for);
        assert!(seen.insert(fire), "a second run of one fire: {run:?}");
    }
    history
}

/// Jumps ahead, and makes up for what was missed by each task's own rule.
fn ahead(jump: i64) {
    let Some((workspace, clock, mut host)) = host() else { return };
    clock.set(START + jump);
    // `tick` is due within a second, and all others at the same look.
    host.all_over(
        &["latest", "all", "all", "all", "all", "all"][..if jump > 5 * HOUR { 6 } else { 2 }],
    );
    asked(&workspace, &mut host);
    host.all_over(&["tick", "pump"]);
    let history = end(&workspace, host);
    let full_hour = START + jump - START % HOUR;
    assert_eq!(instants(&history, "latest", full_hour), [0]);
    assert_eq!(instants(&history, "skipping", full_hour), Vec::<i64>::new());
    assert!(history.of("skipping").all(|run| run.scheduled_for / 1_000_000 == full_hour));
    let all: Vec<_> =
        (-4..=0).map(|hour| hour * HOUR).filter(|at| full_hour + at > START).collect();
    assert_eq!(instants(&history, "all", full_hour), all);
}

#[test]
fn an_hour_ahead() {
    ahead(HOUR);
}

#[test]
fn a_year_ahead() {
    ahead(YEAR);
}

/// Jumps back, where everything has been already.
fn back(jump: i64) {
    let Some((workspace, clock, mut host)) = host() else { return };
    clock.set(START - jump);
    asked(&workspace, &mut host);
    let _ = workspace.run(&["reload"]).succeeded();
    let behind = host.event("clock_behind");
    assert_eq!(behind["tasks"], 4, "all that are due by the clock");
    asked(&workspace, &mut host);
    // What waits for a length of time does not wait for the clock.
    host.all_over(&["pump", "pump"]);
    let started = instants(&end(&workspace, host), "tick", START);

    // Whoever starts then goes on when the clock is where it was.
    let mut host = workspace.serve_by(&clock);
    host.event("clock_behind");
    asked(&workspace, &mut host);
    clock.set(START + 60);
    let _ = workspace.run(&["reload"]).succeeded();
    host.all_over(&["tick", "tick", "pump", "pump"]);
    let _ = host.stop().succeeded();
    let history = History::read(&workspace.path("data")).unwrap();
    let all = instants(&history, "tick", START);
    assert!(all.is_sorted_by(|a, b| a < b), "nothing twice, and nothing of the past: {all:?}");
    assert!(all[started.len()] > *started.last().unwrap());
}

#[test]
fn an_hour_back() {
    back(HOUR);
}

#[test]
fn a_year_back() {
    back(YEAR);
}
