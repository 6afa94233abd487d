//! Where people ask for things: each request on its own, so that none waits for
//! another one's commit.

use std::sync::Arc;

use horarium_core::{
    Executor, Store,
    effects::When,
    executor::StopReason,
    name::TaskName,
    overlap::{Overlap, QUEUE_LIMIT},
    run::{RunId, Trigger},
    store::{Backfill, Backfilled, Cancelled, Refusal, Scope, Start, Started, StoreError},
};
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use crate::{event::Event, fires, notice::Notice, scheduler::fired, shared::Shared};

/// Requests that are served at once.
const AT_ONCE: usize = 256;

/// A run that somebody asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The task.
    pub task: TaskName,
    /// When.
    pub when: When,
    /// Arguments of its own, JSON, instead of the task's.
    pub args: Option<String>,
    /// A key that at most one run of the task has: whoever asks again, by the same
    /// key, gets the same run.
    pub key: Option<String>,
    /// Which of two waiting runs goes first, where not by the task's own priority.
    pub priority: Option<i8>,
    /// The run that this one repeats.
    pub repeats: Option<RunId>,
    /// Whether it waits for earlier runs of its task, whatever that says of overlaps.
    pub queued: bool,
}

impl Asked {
    /// A run of this task, now and as it is configured.
    #[must_use]
    pub fn now(task: TaskName) -> Self {
        Self {
            task,
            when: When::Now,
            args: None,
            key: None,
            priority: None,
            repeats: None,
            queued: false,
        }
    }
}

/// Instants of a task's schedule that somebody wants to be made up for.
#[derive(Debug, Clone)]
pub struct Range {
    /// The task.
    pub task: TaskName,
    /// The first instant that counts.
    pub from: Timestamp,
    /// The first one that does not count any more; now, where it is later than that.
    pub to: Timestamp,
}

impl Range {
    /// The most instants at a time: all of them are made in one transaction.
    pub const LIMIT: usize = 10_000;
}

/// What became of a range of instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranged {
    /// The store's answer.
    Answered(Backfilled),
    /// The task's schedule has no instants that could be told beforehand.
    Unscheduled,
    /// There are more than [`Range::LIMIT`].
    TooMany,
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What somebody asks for, and where the answer goes.
pub(crate) enum Request {
    /// A run.
    Start { asked: Asked, done: Reply<Started> },
    /// Runs for instants that have passed.
    Backfill { range: Range, done: Reply<Ranged> },
    /// A run's end.
    Cancel { run: RunId, done: Reply<Cancelled> },
    /// That nothing of a task, or nothing at all, starts.
    Pause { scope: Scope, done: Reply<bool> },
    /// That it starts again.
    Resume { scope: Scope, done: Reply<bool> },
}

/// Runs for as long as anybody may ask.
pub(crate) async fn run<S: Store, X: Executor>(
    shared: Arc<Shared<S, X>>,
    mut requests: mpsc::Receiver<Request>,
) {
    let mut served = JoinSet::new();
    while let Some(request) = requests.recv().await {
        while served.len() >= AT_ONCE {
            served.join_next().await;
        }
        let shared = shared.clone();
        // Whoever asked may not wait for the answer.
        served.spawn(async move {
            match request {
                Request::Start { asked, done } => drop(done.send(start(&shared, asked).await)),
                Request::Backfill { range, done } => {
                    drop(done.send(backfill(&shared, range).await));
                }
                Request::Cancel { run, done } => drop(done.send(cancel(&shared, run).await)),
                Request::Pause { scope, done } => drop(done.send(pause(&shared, scope).await)),
                Request::Resume { scope, done } => drop(done.send(resume(&shared, scope).await)),
            }
        });
        while served.try_join_next().is_some() {}
    }
}

async fn start<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    asked: Asked,
) -> Result<Started, StoreError> {
    let Some(spec) = shared.roster.get(&asked.task) else {
        return Ok(Started::Refused(Refusal::Unknown));
    };
    let now = shared.clock.now();
    let at = asked.when.instant(now);
    let wanted = Start {
        task: asked.task,
        trigger: Trigger::Manual,
        fire: fires::asked(&spec, asked.priority, at, now),
        overlap: match (asked.queued, spec.rules.overlap) {
            (true, Overlap::Skip | Overlap::QueueOne | Overlap::CancelPrevious) => {
                Overlap::QueueAll { limit: QUEUE_LIMIT }
            }
            (_, overlap) => overlap,
        },
        args: asked.args,
        key: asked.key,
        repeats: asked.repeats,
    };
    let started = shared.store.start(wanted, now).await?;
    if let Started::New(fire) = &started {
        fired(shared, fire.clone());
        shared.work.notify_one();
    }
    Ok(started)
}

async fn backfill<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    range: Range,
) -> Result<Ranged, StoreError> {
    let Some(spec) = shared.roster.get(&range.task) else {
        return Ok(Ranged::Answered(Backfilled::Refused(Refusal::Unknown)));
    };
    let now = shared.clock.now();
    let Some(instants) = spec.schedule.within(range.from, range.to.min(now), Range::LIMIT) else {
        return Ok(Ranged::Unscheduled);
    };
    if instants.len() > Range::LIMIT {
        return Ok(Ranged::TooMany);
    }
    let wanted = Backfill {
        task: range.task,
        fires: instants.into_iter().map(|at| fires::backfilled(&spec, at, now)).collect(),
        overlap: spec.rules.overlap,
    };
    let backfilled = shared.store.backfill(wanted, now).await?;
    if let Backfilled::Made { runs, .. } = &backfilled {
        for run in runs {
            fired(shared, run.clone());
        }
        shared.work.notify_one();
    }
    Ok(Ranged::Answered(backfilled))
}

async fn cancel<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    run: RunId,
) -> Result<Cancelled, StoreError> {
    let cancelled = shared.store.cancel(run, shared.clock.now()).await?;
    match &cancelled {
        Cancelled::Running(lease) => shared.running.stop(*lease, StopReason::Cancel),
        Cancelled::Over { run, followers } => {
            if run.fire.trigger == Trigger::Continuous {
                shared.notices.send(Notice::Unfollowed(run.fire.task.clone()));
            }
            shared.events.event(Event::Cancelled(run.clone()));
            followers.iter().for_each(|fire| fired(shared, fire.clone()));
            // Another run of the task may have its slot now.
            shared.work.notify_one();
        }
        Cancelled::Ended | Cancelled::Unknown => {}
    }
    Ok(cancelled)
}

async fn pause<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    scope: Scope,
) -> Result<bool, StoreError> {
    let known = shared.store.pause(scope.clone(), shared.clock.now()).await;
    // Even where it failed: who knows how far it came.
    shared.notices.send(Notice::Pause(scope));
    known
}

async fn resume<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    scope: Scope,
) -> Result<bool, StoreError> {
    let known = shared.store.resume(scope.clone(), shared.clock.now()).await;
    shared.notices.send(Notice::Pause(scope));
    shared.work.notify_one();
    known
}
