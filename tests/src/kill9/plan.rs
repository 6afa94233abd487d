//! The tasks of a trial.

/// Attempts are tried again at once, and often enough that a killed host does not
/// use them up where a task must succeed.
pub(super) const CONFIG: &str = r#"
[host]
capacity = 16
# Longer than anything here takes: no attempt is ever handed back.
grace = "5m"

[defaults]
retry = { max_attempts = 3, delay = "100ms", factor = 1, jitter = 0 }

[task.quick]
plugin = "noop"
schedule = { every = "250ms" }

[task.steady]
plugin = "noop"
schedule = { every = "1s" }

[task.shifted]
plugin = "unruly"
function = "succeed"
schedule = { every = "1s", offset = "400ms" }

[task.calendar]
plugin = "noop"
schedule = { cron = "* * * * * *" }

[task.overlapping]
plugin = "unruly"
function = "sleep"
args = { ms = 1300 }
schedule = { every = "500ms" }

[task.flaky]
plugin = "unruly"
function = "attempts"
args = { succeed_on = 3 }
schedule = { every = "1s" }

[task.refusing]
plugin = "unruly"
function = "fail"
args = { kind = "permanent" }
schedule = { every = "1s" }

[task.crashing]
plugin = "unruly"
function = "panic"
args = {}
schedule = { every = "1s" }
retry = { max_attempts = 2 }

[task.talking]
plugin = "unruly"
function = "log_many"
args = { entries = 50 }
schedule = { every = "500ms" }

[task.counting]
plugin = "sdk-probe"
function = "count"
args = { task = "leaf" }
schedule = { every = "500ms" }
grants.tasks = ["leaf"]

[task.leaf]
plugin = "sdk-probe"
function = "leaf"
schedule = { manual = true }
overlap = "queue_all"

[task.sum]
plugin = "noop"
schedule = { after = ["leaf"], on = "always" }

[task.climbing]
plugin = "sdk-probe"
function = "climb"
args = { to = 4, steps = 2 }
schedule = { every = "1s" }

[task.pump]
plugin = "noop"
schedule = { continuous = true, pause = "50ms" }

[task.slow-pump]
plugin = "unruly"
function = "sleep"
args = { ms = 300 }
schedule = { continuous = true, pause = "100ms" }

[task.migration]
plugin = "unruly"
function = "attempts"
args = { succeed_on = 5 }
schedule = { once = true }
retry = { max_attempts = 100000, delay = "1s" }
"#;

/// Those at a fixed pace, with their periods and offsets in microseconds.
pub(super) const PACED: [(&str, i64, i64); 11] = [
    ("quick", 250_000, 0),
    ("steady", 1_000_000, 0),
    ("shifted", 1_000_000, 400_000),
    ("calendar", 1_000_000, 0),
    ("overlapping", 500_000, 0),
    ("flaky", 1_000_000, 0),
    ("refusing", 1_000_000, 0),
    ("crashing", 1_000_000, 0),
    ("talking", 500_000, 0),
    ("counting", 500_000, 0),
    ("climbing", 1_000_000, 0),
];

/// Those of which each run makes the next one, with their pauses in microseconds.
pub(super) const CONTINUOUS: [(&str, i64); 2] = [("pump", 50_000), ("slow-pump", 100_000)];

/// All that come to an end again and again.
pub(super) const RECURRING: [&str; 15] = [
    "quick",
    "steady",
    "shifted",
    "calendar",
    "overlapping",
    "flaky",
    "refusing",
    "crashing",
    "talking",
    "counting",
    "leaf",
    "sum",
    "climbing",
    "pump",
    "slow-pump",
];

/// The one that succeeds once, after some failures.
pub(super) const ONCE: &str = "migration";

/// The one that logs, and how many lines.
pub(super) const TALKING: (&str, i64) = ("talking", 50);

/// The one whose successes count themselves, under a key, and start a run each of the next
/// one, which the last one follows.
pub(super) const COUNTING: (&str, &str) = ("counting", "n");
pub(super) const STARTED: &str = "leaf";
pub(super) const FOLLOWING: &str = "sum";

/// The one whose attempts make so many steps each, and save each of them.
pub(super) const CLIMBING: (&str, i64) = ("climbing", 2);

/// The verdicts that a run of a task may end with, besides `lost`.
pub(super) fn verdict(task: &str) -> &'static str {
    match task {
        "refusing" => "failed",
        "crashing" => "trapped",
        _ => "succeeded",
    }
}
