//! What the engine tells a store, and what it hears back.

use jiff::Timestamp;

use crate::{
    attempt::{AttemptEnd, Lease},
    log::LogLine,
    name::TaskName,
    overlap::{Admission, Overlap},
    run::{Fire, RunId, Trigger},
    schedule::{Cursor, Schedule},
    transition::Transition,
};

/// A task that is active from now on.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its name.
    pub task: TaskName,
    /// Its schedule.
    pub schedule: Schedule,
}

/// Where an active task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskState {
    /// Its name.
    pub task: TaskName,
    /// Up to where its schedule has been considered.
    pub cursor: Cursor,
    /// How many of the runs that its schedule makes are not over: those with the
    /// schedule's own trigger.
    pub unfinished: u64,
}

/// What a look at one task's schedule found.
#[derive(Debug, Clone)]
pub struct TaskFires {
    /// The task.
    pub task: TaskName,
    /// Why it fires.
    pub trigger: Trigger,
    /// The nominal instants.
    pub instants: Vec<Timestamp>,
    /// Where the schedule has been considered up to, with these; `Created` where
    /// they don't come from the schedule and it stays where it was.
    pub cursor: Cursor,
    /// How a fire is admitted.
    pub overlap: Overlap,
}

/// A fire that is in the store for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFire {
    /// The fire.
    pub fire: Fire,
    /// Its run.
    pub run: RunId,
    /// What became of it. A fire that had been recorded before is not reported again.
    pub admission: Admission,
}

/// A wish for work.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Who asks.
    pub node: String,
    /// The most runs that are wanted.
    pub limit: u32,
    /// What time it is.
    pub now: Timestamp,
    /// Until when the leases last, unless they are renewed.
    pub until: Timestamp,
}

/// Work.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// The runs, each leased to whoever asked.
    pub runs: Vec<ClaimedRun>,
    /// When the next waiting run is due, beyond these; may be in the past where
    /// there was more than the claim's limit.
    pub next_due: Option<Timestamp>,
}

/// A run whose next attempt may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedRun {
    /// The lease, which also names the run.
    pub lease: Lease,
    /// What it stands for.
    pub fire: Fire,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// The same for all attempts of this run and no other run anywhere.
    pub key: String,
    /// Arguments of its own, JSON, instead of the task's.
    pub args: Option<String>,
}

/// The end of an attempt.
#[derive(Debug, Clone)]
pub struct Finish {
    /// The lease under which it ran.
    pub lease: Lease,
    /// How it ended.
    pub end: AttemptEnd,
    /// Where its run goes.
    pub transition: Transition,
    /// The run that its end makes.
    pub follow_up: Option<Fire>,
    /// What its log says beyond the lines that were appended while it ran.
    pub log: Vec<LogLine>,
}

/// What became of an attempt's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// It is in the history.
    Recorded,
    /// The lease was not held any more; nothing was written.
    Superseded,
}

/// A running run that nobody has cared for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredLease {
    /// The lease that is over.
    pub lease: Lease,
    /// What the run stands for.
    pub fire: Fire,
    /// The attempt, counted from 1.
    pub attempt: u32,
}
