//! A burst of tasks that are all due at once. `MANY_TASKS=100000` for the long form, which
//! takes half a minute.

use std::{
    collections::HashSet,
    env,
    fmt::Write as _,
    fs, mem,
    time::{Duration, Instant},
};

use e2e::{
    DEADLINE, Serving, Workspace,
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
    // In the history, and not by what is told: of that a slow reader misses some.
    let (mut over, mut since) = (0, Instant::now());
    while over < count {
        host.listen(Duration::from_millis(20));
        let before = mem::replace(&mut over, History::over(&workspace.path("data")).unwrap());
        since = if over > before { Instant::now() } else { since };
        assert!(since.elapsed() < DEADLINE, "{over} of {count} are over, and no more");
    }
    let in_the_end = peak_memory(&host);
    assert!(in_the_end < with_tasks + SPARE, "{with_tasks} KiB, and then {in_the_end} KiB");
    let _ = host.stop().succeeded();

    let history = History::read(&workspace.path("data")).unwrap();
    let names: HashSet<_> = history.runs.iter().map(|run| &run.task).collect();
    assert_eq!((history.runs.len(), names.len()), (count, count));
    let once = |run: &Run| (run.attempt, run.lease, run.state.as_str()) == (1, 1, "succeeded");
    assert_eq!(history.runs.iter().find(|run| !once(run)), None);
    let most = most_at_once(&history);
    assert!((1..=CAPACITY).contains(&most), "{most} at once");
}

/// How many attempts were under way at the same time, at most.
fn most_at_once(history: &History) -> usize {
    let starts = history.runs.iter().filter_map(|run| Some((run.started_at?, 1)));
    let ends = history.runs.iter().filter_map(|run| Some((run.ended_at?, -1)));
    let mut steps: Vec<_> = starts.chain(ends).collect();
    // What ended in the same microsecond made room.
    steps.sort_unstable();
    let under_way = steps.iter().scan(0_isize, |now, (_, step)| {
        *now += step;
        Some(*now)
    });
    usize::try_from(under_way.max().unwrap()).unwrap()
}
