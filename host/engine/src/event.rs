//! What the engine tells whoever watches it.

use horarium_core::{
    attempt::{HttpRequest, Lease, Outcome, Progress},
    log::LogLine,
    name::TaskName,
    run::Trigger,
    store::{CancelledRun, ExpiredRun, RecordedFire, StoreError},
    transition::Transition,
};
use jiff::Timestamp;

/// Something that happened. What is in the history has been recorded before it is told;
/// that a run was made by its schedule, or that an attempt begins, a power cut may take
/// back, and then it happens again.
#[derive(Debug, Clone)]
pub enum Event {
    /// A task was due; its run waits or was skipped.
    Fired(RecordedFire),
    /// A run waited for too long, and is over.
    Expired(ExpiredRun),
    /// A run that waited is over, because somebody wanted it so.
    Cancelled(CancelledRun),
    /// So many runs of this task failed in a row that nothing of it starts any more.
    Quarantined {
        /// The task.
        task: TaskName,
    },
    /// An attempt begins.
    Started {
        /// The lease, which also names the run.
        lease: Lease,
        /// The task.
        task: TaskName,
        /// The attempt, counted from 1.
        attempt: u32,
        /// How many attempts the run may use.
        max_attempts: u32,
        /// Why the run exists.
        trigger: Trigger,
        /// Its nominal instant.
        scheduled_for: Timestamp,
        /// When the run was recorded.
        created_at: Timestamp,
        /// Since when this attempt might begin.
        due_at: Timestamp,
        /// When it was taken up.
        began_at: Timestamp,
    },
    /// An attempt said something.
    Log {
        /// The lease, which also names the run.
        lease: Lease,
        /// The task.
        task: TaskName,
        /// What it said.
        line: LogLine,
    },
    /// An attempt said how far it is.
    Progress {
        /// The lease, which also names the run.
        lease: Lease,
        /// The task.
        task: TaskName,
        /// How far.
        progress: Progress,
    },
    /// An attempt ended, and that is in the history.
    Ended {
        /// The lease, which also names the run.
        lease: Lease,
        /// The task.
        task: TaskName,
        /// The attempt, counted from 1.
        attempt: u32,
        /// How many attempts the run may use.
        max_attempts: u32,
        /// Why the run exists.
        trigger: Trigger,
        /// Its nominal instant.
        scheduled_for: Timestamp,
        /// When the run was recorded.
        created_at: Timestamp,
        /// When the attempt was taken up.
        began_at: Timestamp,
        /// When it ended.
        ended_at: Timestamp,
        /// How it ended.
        outcome: Outcome,
        /// Where the run goes.
        transition: Transition,
    },
    /// An attempt ended after its lease had gone to another; its result was discarded.
    Superseded {
        /// The lease, which also names the run.
        lease: Lease,
        /// The task.
        task: TaskName,
    },
    /// The wall clock is behind what tasks have seen of it: they are not due before it is
    /// there again, since nothing fires twice.
    ClockBehind {
        /// How many tasks wait for it.
        tasks: usize,
        /// What the last of them has seen.
        until: Timestamp,
    },
    /// The store does not do what it is asked to; the engine tries again until it does.
    StoreTrouble(StoreError),
    /// The store does what it is asked to again.
    StoreRecovered,
}

/// Whoever watches. Called in the middle of things: returns at once.
pub trait Events: Send + Sync + 'static {
    /// Hears of an event.
    fn event(&self, event: Event);

    /// Hears of a request that a guest sent, or wanted to. Guests send many, and few want to
    /// hear of them.
    fn requested(&self, _lease: Lease, _request: HttpRequest) {}
}
