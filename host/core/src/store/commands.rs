//! What the engine tells a store, and what it hears back.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    attempt::{AttemptEnd, Lease},
    chain::Follower,
    effects::Unfit,
    log::LogLine,
    name::TaskName,
    overlap::{Admission, Overlap, SkipReason},
    rules::Rules,
    run::{Expiry, Fire, RunEnd, RunId, Trigger},
    schedule::{Cursor, Schedule},
    time,
    transition::Transition,
};

/// A task that is active from now on.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its name.
    pub task: TaskName,
    /// Its schedule.
    pub schedule: Schedule,
    /// How many of its runs may go on at once.
    pub overlap: Overlap,
    /// Within what time it should succeed, again and again, where that is said.
    pub deadman: Option<Duration>,
    /// What it takes to make a run of it, where it runs after others.
    pub follower: Option<Arc<Follower>>,
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
    /// Why nothing of it starts, where that is so.
    pub pause: Option<Pause>,
}

/// Why nothing of a task starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Pause {
    /// Somebody wanted it so.
    Paused,
    /// So many of its runs failed in a row.
    Quarantined,
}

impl Pause {
    /// The word for it in tables, JSON and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Quarantined => "quarantined",
        }
    }

    /// The pause that [`as_str`](Self::as_str) gives this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Paused, Self::Quarantined].into_iter().find(|pause| pause.as_str() == word)
    }
}

/// What is paused, or goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All that the store knows, whatever is said of single tasks.
    All,
    /// One task.
    Task(TaskName),
}

/// What a look at one task's schedule found.
#[derive(Debug, Clone)]
pub struct TaskFires {
    /// The task.
    pub task: TaskName,
    /// Why it fires.
    pub trigger: Trigger,
    /// The fires.
    pub fires: Vec<NewFire>,
    /// The last instant that passes without a run, because it was missed.
    pub passed: Option<Timestamp>,
    /// Where the schedule has been considered up to, with these.
    pub cursor: Cursor,
    /// How a fire is admitted.
    pub overlap: Overlap,
}

/// One fire, and when its run may and must begin and end, before which others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewFire {
    /// The nominal instant.
    pub scheduled_for: Timestamp,
    /// When it may begin: then, or later.
    pub due_at: Timestamp,
    /// When its first attempt must have begun.
    pub start_by: Option<Timestamp>,
    /// From when on its first attempt begins late, where that is said.
    pub late_at: Option<Timestamp>,
    /// When it must be over.
    pub end_by: Option<Timestamp>,
    /// Which of two waiting runs goes first: that with the greater number.
    pub priority: i8,
}

impl NewFire {
    /// One that may begin at its nominal instant, and end whenever it does.
    #[must_use]
    pub fn at(scheduled_for: Timestamp) -> Self {
        Self {
            scheduled_for,
            due_at: scheduled_for,
            start_by: None,
            late_at: None,
            end_by: None,
            priority: 0,
        }
    }

    /// One that may begin at an instant that is due at `due_at`, by these rules.
    #[must_use]
    pub fn due(rules: &Rules, scheduled_for: Timestamp, due_at: Timestamp, now: Timestamp) -> Self {
        let within = |from, length| time::add(from, length);
        Self {
            scheduled_for,
            due_at,
            start_by: rules.start_deadline.map(|length| within(due_at, length)),
            late_at: rules.late_after.map(|length| within(due_at, length)),
            // What was missed has not had its time yet.
            end_by: rules.deadline.map(|length| within(due_at.max(now), length)),
            priority: rules.priority,
        }
    }
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
    /// The leases of runs that have to make way for it.
    pub replaces: Vec<Lease>,
    /// Runs that waited, and have made way for it.
    pub replaced: Vec<CancelledRun>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct Start {
    /// The task.
    pub task: TaskName,
    /// Why.
    pub trigger: Trigger,
    /// When, and how late.
    pub fire: NewFire,
    /// How it is admitted.
    pub overlap: Overlap,
    /// Arguments of its own, JSON, instead of the task's.
    pub args: Option<String>,
    /// A key that at most one run of the task has: whoever asks again, by the same
    /// key, gets the same run.
    pub key: Option<String>,
    /// The run that this one repeats.
    pub repeats: Option<RunId>,
}

/// What became of what somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// A new run.
    New(RecordedFire),
    /// The run that has this key already.
    Known(RunId),
    /// No run, for this reason. Nothing was recorded.
    Refused(Refusal),
}

/// Instants of a task's schedule that somebody wants to be made up for.
#[derive(Debug, Clone)]
pub struct Backfill {
    /// The task.
    pub task: TaskName,
    /// The instants, oldest first.
    pub fires: Vec<NewFire>,
    /// How many of the task's runs may go on at once: the others wait.
    pub overlap: Overlap,
}

/// What became of these instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backfilled {
    /// They have runs.
    Made {
        /// The new ones.
        runs: Vec<RecordedFire>,
        /// How many had one before: by their schedule, unless it was skipped or came
        /// too late, or because somebody had asked for the same.
        known: u64,
    },
    /// No run, for this reason.
    Refused(Refusal),
}

/// Why a run that somebody asked for was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The store does not know the task, or it is not active.
    Unknown,
    /// Nothing of the task starts.
    Paused(Pause),
    /// Nothing starts at all.
    AllPaused,
    /// It would have to be skipped.
    Skipped(SkipReason),
    /// As many as there can be were asked for at that very instant.
    TooMany,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => out.write_str("there is no such task"),
            Self::Paused(pause) => write!(out, "it is {}", pause.as_str()),
            Self::AllPaused => out.write_str("the host is paused"),
            Self::Skipped(SkipReason::Overlap) => {
                out.write_str("an earlier run of it is not over (`overlap`)")
            }
            Self::Skipped(SkipReason::QueueFull) => {
                out.write_str("as many runs of it wait as may (`queue_limit`)")
            }
            Self::Skipped(reason) => out.write_str(reason.as_str()),
            Self::TooMany => out.write_str("too many were asked for at that very instant"),
        }
    }
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
    /// Runs that are over because it was too late for them.
    pub expired: Vec<ExpiredRun>,
    /// The runs that follow those.
    pub followers: Vec<RecordedFire>,
    /// When the next waiting run is due, beyond these; may be in the past where
    /// there was more than the claim's limit.
    pub next_due: Option<Timestamp>,
    /// When the next waiting run expires or is late, or the next task should have
    /// succeeded.
    pub next_expiry: Option<Timestamp>,
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
    /// When it must be over.
    pub end_by: Option<Timestamp>,
    /// When the run was recorded.
    pub created_at: Timestamp,
    /// Since when this attempt may begin.
    pub due_at: Timestamp,
}

/// A run that waited for too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredRun {
    /// The run.
    pub run: RunId,
    /// What it stood for.
    pub fire: Fire,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// What it was too late for.
    pub expiry: Expiry,
}

/// A run that waited, and is over because nobody wants it any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelledRun {
    /// The run.
    pub run: RunId,
    /// What it stood for.
    pub fire: Fire,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// The end of an attempt.
#[derive(Debug, Clone)]
pub struct Finish {
    /// The lease under which it ran.
    pub lease: Lease,
    /// How it ended.
    pub end: AttemptEnd,
    /// Where its run goes, unless it was cancelled meanwhile.
    pub transition: Transition,
    /// Where it goes instead where what its attempt had read has changed.
    pub conflicted: Transition,
    /// Where it goes instead where a run that its attempt starts can't be made.
    pub refused: Transition,
    /// The run that follows once it is over.
    pub follow_up: Option<NewFire>,
    /// The runs that its success starts.
    pub children: Vec<Child>,
    /// What its log says beyond the lines that were appended while it ran.
    pub log: Vec<LogLine>,
    /// After how many failed runs in a row its task is put aside.
    pub quarantine: Option<NonZeroU32>,
}

impl Finish {
    /// The end of an attempt that would have succeeded, had what it brings been fit to be
    /// recorded.
    #[must_use]
    pub fn spoiled(&self, unfit: &Unfit) -> Self {
        let verdict = unfit.verdict();
        let transition = match unfit {
            Unfit::Conflict { .. } => self.conflicted,
            Unfit::Quota { .. } => Transition::End(RunEnd::Verdict(verdict.kind())),
            Unfit::Spawn { .. } => self.refused,
        };
        Self { end: self.end.spoiled(unfit), transition, children: Vec::new(), ..self.clone() }
    }
}

/// A run that another one starts with its success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Its task.
    pub task: TaskName,
    /// When, and how late. The instant is the next one that is free.
    pub fire: NewFire,
    /// How many of the task's runs may go on at once: the others wait.
    pub overlap: Overlap,
    /// Arguments of its own, JSON, instead of the task's.
    pub args: Option<String>,
    /// A key that at most one run of the task has.
    pub key: Option<String>,
    /// The most runs of the task that are not over, with this one.
    pub limit: u32,
}

/// What became of an attempt's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// It is in the history.
    Recorded {
        /// Where the run went.
        transition: Transition,
        /// Whether its task is put aside now.
        quarantined: bool,
        /// Why its success is none after all, where that is so.
        unfit: Option<Unfit>,
        /// The runs that it has started, but for those that were there already by their
        /// keys, and those that follow it.
        children: Vec<RecordedFire>,
    },
    /// The lease was not held any more; nothing was written.
    Superseded,
}

impl Finished {
    /// Whether it is in the history.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        matches!(self, Self::Recorded { .. })
    }

    /// Whether its run is over with it.
    #[must_use]
    pub const fn is_end(&self) -> bool {
        matches!(self, Self::Recorded { transition: Transition::End(_), .. })
    }
}

/// A few of the oldest runs that were forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many.
    pub runs: u64,
    /// Whether there is more to forget.
    pub more: bool,
}

/// What became of a wish that a run should end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelled {
    /// It waited, and is over.
    Over {
        /// The run.
        run: CancelledRun,
        /// The runs that follow it.
        followers: Vec<RecordedFire>,
    },
    /// It is under way: whoever holds this lease has to stop it. Whatever becomes of
    /// the attempt, it is the last one.
    Running(Lease),
    /// It was over before.
    Ended,
    /// There is no such run.
    Unknown,
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
    /// When the run must be over.
    pub end_by: Option<Timestamp>,
    /// Whether somebody wants it to end.
    pub cancelled: bool,
    /// When the run was recorded.
    pub created_at: Timestamp,
    /// When the attempt was taken up.
    pub began_at: Timestamp,
}
