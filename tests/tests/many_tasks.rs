//! A burst of tasks that are all due at once. `MANY_TASKS=100000` for the long form, which
//! takes half a minute.

use std::{collections::HashSet, env, fmt::Write as _, fs};

use e2e::{
    Serving, Workspace,
    history::{History, Run},
};

const CAPACITY: usize = 128;

/// How much more memory a host may take for runs that wait, in KiB: nothing for each of
/// them, and a cache of SQLite's and the sandboxes of those that run for all.
const SPARE: u64 = 64 << 10;

/// Never more than this was in its memory, in KiB.
fn peak_memory(host: &Serving) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", host.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn all_that_is_due_at_once_runs_once() {
    let count = env::var("MANY_TASKS").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let mut tasks = format!("host.capacity = {CAPACITY}\n");
    for task in 0..count {
        let at = "schedule = { at = \"2001-01-01T00:00:00Z\" }";
        writeln!(tasks, "task.t{task} = {{ plugin = \"noop\", {at} }}").unwrap();
    }
    let workspace = Workspace::new(&tasks);
    let mut host = workspace.serve(&[]);
    assert_eq!(host.event("tasks")["count"], count);
    host.event("started");
    let with_tasks = peak_memory(&host);
    for _ in 0..count {
        host.event("ended");
    }
    let in_the_end = peak_memory(&host);
    assert!(in_the_end < with_tasks + SPARE, "{with_tasks} KiB, and then {in_the_end} KiB");
    let (told, ran) = host.stop_and_tell();
    let _ = ran.succeeded();

    let (mut running, mut most) = (HashSet::new(), 0);
    for event in &told {
        match event["event"].as_str() {
            Some("started") => assert!(running.insert(event["run"].as_i64()), "twice: {event}"),
            Some("ended") => assert!(running.remove(&event["run"].as_i64()), "twice: {event}"),
            _ => {}
        }
        most = most.max(running.len());
    }
    assert!((1..=CAPACITY).contains(&most), "{most} at once");
    let history = History::read(&workspace.path("data")).unwrap();
    let names: HashSet<_> = history.runs.iter().map(|run| &run.task).collect();
    assert_eq!((history.runs.len(), names.len()), (count, count));
    let once = |run: &Run| (run.attempt, run.lease, run.state.as_str()) == (1, 1, "succeeded");
    assert_eq!(history.runs.iter().find(|run| !once(run)), None);
}
