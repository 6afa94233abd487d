//! The tasks of a simulated host: one for each rule that there is to break.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use horarium_core::{
    chain::{After, On},
    instance::InstancePolicy,
    limits::Limits,
    misfire::Misfire,
    name::TaskName,
    overlap::Overlap,
    retry::RetryPolicy,
    rules::{OnLost, Rules},
    schedule::{Every, Schedule},
    task::TaskSpec,
};

/// The pace of `all`, in seconds.
pub(crate) const PACE: u64 = 10;

/// The names of all tasks.
pub(crate) const NAMES: [&str; 11] =
    ["all", "skip", "queue", "replace", "pump", "once", "careful", "asked", "hasty", "leaf", "sum"];

/// How often a run of this task may be tried.
pub(crate) fn max_attempts(task: &TaskName) -> u32 {
    spec(task.as_str()).rules.retry.max_attempts
}

/// How many runs of this task may go on at once.
pub(crate) fn slots(task: &TaskName) -> Option<u64> {
    spec(task.as_str()).rules.overlap.slots()
}

/// Whether a run of this task may be begun once only.
pub(crate) fn at_most_once(task: &TaskName) -> bool {
    task.as_str() == "careful"
}

/// Whether the attempts of this task's runs leave something to the next one.
pub(crate) fn hands_on(task: &TaskName) -> bool {
    matches!(task.as_str(), "skip" | "queue" | "replace" | "asked")
}

/// A task by its name.
pub(crate) fn spec(name: &str) -> TaskSpec {
    let tries = |max_attempts| RetryPolicy {
        max_attempts,
        delay: Duration::from_secs(3),
        ..RetryPolicy::DEFAULT
    };
    let rules = Rules { retry: tries(3), ..Rules::default() };
    let (schedule, rules) = match name {
        "all" => {
            let misfire = Misfire::All { limit: 100_000 };
            (every(PACE), Rules { misfire, overlap: many(), ..rules })
        }
        "skip" => (every(15), Rules { misfire: Misfire::Skip, ..rules }),
        "queue" => (every(12), Rules { overlap: Overlap::QueueOne, ..rules }),
        "replace" => (every(20), Rules { overlap: Overlap::CancelPrevious, ..rules }),
        "pump" => (Schedule::Continuous { pause: Duration::from_secs(9) }, rules),
        "once" => (Schedule::Once, Rules { retry: tries(4), ..rules }),
        "careful" => (every(30), Rules { retry: tries(1), on_lost: OnLost::Fail, ..rules }),
        "asked" => {
            let overlap = Overlap::Allow { concurrent: NonZeroU32::new(2), limit: 5 };
            (Schedule::Manual, Rules { overlap, priority: 3, ..rules })
        }
        "leaf" => (Schedule::Manual, Rules { overlap: many(), ..rules }),
        "sum" => {
            let parents = vec!["leaf".parse().expect("a name")];
            let after = After { parents, on: On::Always, input: None };
            (Schedule::After(Box::new(after)), Rules { overlap: many(), ..rules })
        }
        _ => {
            let start_deadline = Some(Duration::from_secs(4));
            let deadline = Some(Duration::from_secs(40));
            let jitter = Duration::from_secs(6);
            let overlap = Overlap::QueueAll { limit: 4 };
            (every(18), Rules { start_deadline, deadline, jitter, overlap, ..rules })
        }
    };
    TaskSpec {
        name: name.parse().expect("a name"),
        plugin: "plugin".parse().expect("a name"),
        function: "function".into(),
        args: "null".into(),
        schedule,
        rules,
        limits: Limits::DEFAULT,
        instance: InstancePolicy::Fresh,
        grants: Arc::default(),
    }
}

fn many() -> Overlap {
    Overlap::Allow { concurrent: None, limit: 1_000 }
}

fn every(seconds: u64) -> Schedule {
    let every = Every::new(Duration::from_secs(seconds), Duration::ZERO);
    Schedule::Every(every.expect("some time"))
}
