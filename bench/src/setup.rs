//! An engine with tasks that run nothing, or next to nothing.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use horarium_core::{
    Executor,
    attempt::Outcome,
    executor::Invocation,
    grants::Grants,
    instance::InstancePolicy,
    limits::Limits,
    rules::Rules,
    schedule::{Every, Schedule},
    task::TaskSpec,
    transition::Transition,
    verdict::Verdict,
};
use horarium_engine::{Engine, EngineConfig, Event, Events, SystemClock};
use horarium_store::SqliteStore;
use jiff::Timestamp;

/// Attempts at once: enough that commits are full.
pub(crate) const CAPACITY: u32 = 256;

/// A task as a host makes it of its configuration: it shares nothing with any other one.
pub(crate) fn spec(
    name: &str,
    [plugin, function]: [&str; 2],
    schedule: Schedule,
) -> Result<TaskSpec> {
    Ok(TaskSpec {
        name: name.parse()?,
        plugin: plugin.parse()?,
        function: function.into(),
        args: "null".into(),
        schedule,
        rules: Rules::default(),
        limits: Limits::DEFAULT,
        instance: InstancePolicy::Fresh,
        grants: Grants::none(),
    })
}

/// As many tasks, each due once a period, spread evenly over it.
pub(crate) fn spread(
    name: &str,
    task: [&str; 2],
    tasks: u32,
    period: Duration,
) -> Result<Vec<TaskSpec>> {
    let one = |number: u32| {
        let every = Every::new(period, period / tasks * number)?;
        spec(&format!("{name}-{number}"), task, Schedule::Every(every))
    };
    (0..tasks).map(one).collect()
}

/// How late the runs of an engine began, and how many are over.
#[derive(Default)]
pub(crate) struct Diary {
    /// Milliseconds from each nominal instant.
    late: Mutex<Vec<f64>>,
    over: AtomicU64,
}

impl Diary {
    /// Forgets everything.
    pub(crate) fn begin(&self) {
        self.late.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.over.store(0, Ordering::Relaxed);
    }

    /// How late the runs that began were, in milliseconds.
    pub(crate) fn late(&self) -> Vec<f64> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many runs are over and in the history.
    pub(crate) fn over(&self) -> u64 {
        self.over.load(Ordering::Relaxed)
    }
}

impl Events for Diary {
    fn event(&self, event: Event) {
        if let Event::Ended { transition: Transition::End(_), .. } = event {
            self.over.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Does nothing, and notes when.
struct Native(Arc<Diary>);

impl Executor for Native {
    async fn execute(&self, invocation: Invocation) -> Outcome {
        let late = milliseconds(invocation.scheduled_for, Timestamp::now());
        self.0.late.lock().unwrap_or_else(PoisonError::into_inner).push(late);
        Outcome::before_start(Verdict::Succeeded { output: None })
    }
}

/// An engine whose runs do nothing at all, over a store on a disk.
pub(crate) fn native(store: &SqliteStore, diary: &Arc<Diary>) -> Engine {
    Engine::start(
        store.clone(),
        Native(diary.clone()),
        Arc::new(SystemClock),
        diary.clone(),
        EngineConfig::new("bench".to_owned(), CAPACITY),
    )
}

/// A directory for a store: below target/, not /tmp: on a disk, not in memory.
pub(crate) fn directory() -> Result<tempfile::TempDir> {
    Ok(tempfile::tempdir_in(Path::new("target"))?)
}

/// From one instant to another, which may be the earlier one.
pub(crate) fn milliseconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() * 1e3
}
