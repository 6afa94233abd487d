//! One attempt, from its claim to its record.

use std::sync::Arc;

use horarium_core::{
    Executor, Store,
    attempt::{AttemptEnd, Lease, Outcome},
    effects::{Spawn, Stillborn, Unfit},
    executor::{Invocation, StopReason, StopSignal},
    retry::RetryPolicy,
    rules::{OnLost, Rules},
    run::{Fire, Trigger},
    store::{Child, ClaimedRun, Finish, Finished, Scope},
    task::TaskSpec,
    time,
    transition::{self, Ended},
    verdict::Verdict,
};
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::{
    checkpoints::Leased, event::Event, fires, journal::Journal, notice::Notice,
    patience::until_done, running::Entered, scheduler::fired, shared::Shared,
};

/// Runs a claimed run's next attempt and records how it ended.
///
/// `entered` lives until the end is recorded, so that the lease is renewed for as
/// long as that takes.
pub(crate) async fn run<S: Store + Clone, X: Executor>(
    shared: Arc<Shared<S, X>>,
    claimed: ClaimedRun,
    mut entered: Entered<S, X>,
) {
    let journal = entered.journal.clone();
    let stopped = entered.stopped.take();
    let spec = shared.roster.get(&claimed.fire.task);
    let outcome = match &spec {
        Some(spec) => execute(&shared, spec, &claimed, journal.clone(), stopped).await,
        // The task was removed at the very moment of the claim: the run waits
        // for whoever brings it back.
        None => Outcome::before_start(Verdict::Interrupted),
    };
    // Before it makes room: what begins then begins later.
    let at = shared.clock.now();
    entered.over();
    record(&shared, spec.as_deref(), &claimed, AttemptEnd { at, outcome }, &journal).await;
}

async fn execute<S: Store + Clone, X: Executor>(
    shared: &Shared<S, X>,
    spec: &Arc<TaskSpec>,
    claimed: &ClaimedRun,
    journal: Arc<Journal>,
    stopped: Option<oneshot::Receiver<StopReason>>,
) -> Outcome {
    let mut stop: StopSignal = Box::pin(async move {
        if let Some(stopped) = stopped
            && let Ok(reason) = stopped.await
        {
            return reason;
        }
        // Nobody is left who could stop it.
        std::future::pending().await
    });
    // Of what must not happen twice the store has to know even after a power cut.
    if spec.rules.on_lost == OnLost::Fail {
        tokio::select! {
            biased;
            reason = &mut stop => return Outcome::before_start(reason.verdict()),
            () = until_done(shared, || shared.store.settle()) => {}
        }
    }
    shared.events.event(Event::Started {
        lease: claimed.lease,
        task: spec.name.clone(),
        attempt: claimed.attempt,
        max_attempts: spec.rules.retry.max_attempts,
        trigger: claimed.fire.trigger,
        scheduled_for: claimed.fire.scheduled_for,
        created_at: claimed.created_at,
        due_at: claimed.due_at,
        began_at: journal.since(),
    });
    let invocation = Invocation {
        spec: as_wanted(spec, claimed),
        run_key: claimed.key.clone(),
        attempt: claimed.attempt,
        trigger: claimed.fire.trigger,
        scheduled_for: claimed.fire.scheduled_for,
        within: claimed.end_by.map(|end_by| time::between(shared.clock.now(), end_by)),
        state: shared.state.clone(),
        checkpoints: Arc::new(Leased {
            store: shared.store.clone(),
            clock: shared.clock.clone(),
            lease: claimed.lease,
        }),
        observer: journal,
        stop,
    };
    shared.executor.execute(invocation).await
}

/// The task as this run wants it: with arguments of its own.
fn as_wanted(spec: &Arc<TaskSpec>, claimed: &ClaimedRun) -> Arc<TaskSpec> {
    match &claimed.args {
        Some(args) => Arc::new(TaskSpec { args: args.as_str().into(), ..TaskSpec::clone(spec) }),
        None => spec.clone(),
    }
}

async fn record<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    spec: Option<&TaskSpec>,
    claimed: &ClaimedRun,
    end: AttemptEnd,
    journal: &Journal,
) {
    let now = end.at;
    let (end, children) = match children(shared, &end, now) {
        Ok(children) => (end, children),
        Err(unfit) => (end.spoiled(&unfit), Vec::new()),
    };
    let outcome = &end.outcome;
    let lease = claimed.lease;
    let rules = rules(spec);
    let ended = Ended {
        lease,
        attempt: claimed.attempt,
        verdict: &outcome.verdict,
        restart: outcome.restart,
        begun: outcome.has_begun(),
        at: now,
        deadline: claimed.end_by,
    };
    let refused = Verdict::failed("");
    // By its schedule as it is now: it may be another one than when the attempt began.
    let current = shared.roster.get(&claimed.fire.task);
    let follow_up = current.and_then(|spec| fires::follow_up(&spec, &claimed.fire, now));
    let followed = follow_up.is_some();
    let finish = Finish {
        lease,
        end: end.clone(),
        transition: transition::after_attempt(&rules, &ended),
        conflicted: transition::after_conflict(&ended),
        refused: transition::after_attempt(&rules, &Ended { verdict: &refused, ..ended }),
        follow_up,
        children,
        log: journal.take(),
        quarantine: rules.quarantine,
    };
    let finished = until_done(shared, || shared.store.finish(finish.clone())).await;
    if claimed.fire.trigger == Trigger::Continuous && !followed && finished.is_end() {
        shared.notices.send(Notice::Unfollowed(claimed.fire.task.clone()));
    }
    let attempted = Attempted {
        lease,
        fire: &claimed.fire,
        attempt: claimed.attempt,
        created_at: claimed.created_at,
        began_at: journal.since(),
    };
    tell(shared, &attempted, &rules, end, finished);
}

/// The runs that a success starts, by the rules of their tasks; else of which task none can
/// be.
fn children<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    end: &AttemptEnd,
    now: Timestamp,
) -> Result<Vec<Child>, Unfit> {
    // What anything else brings is of no consequence.
    let Verdict::Succeeded { .. } = end.outcome.verdict else { return Ok(Vec::new()) };
    let spawns = end.outcome.effects.spawns.iter();
    let child = |spawn: &Spawn| {
        let unknown = || {
            let (task, reason) = (spawn.task.clone(), Stillborn::Inactive);
            Unfit::Spawn { task, reason }
        };
        let spec = shared.roster.get(&spawn.task).ok_or_else(unknown)?;
        Ok(Child {
            task: spawn.task.clone(),
            fire: fires::asked(&spec, None, spawn.when.instant(now), now),
            overlap: spec.rules.overlap,
            args: spawn.args.clone(),
            key: spawn.key.clone(),
            limit: spawn.limit,
        })
    };
    spawns.map(child).collect()
}

/// Which attempt has ended.
pub(crate) struct Attempted<'a> {
    pub(crate) lease: Lease,
    pub(crate) fire: &'a Fire,
    pub(crate) attempt: u32,
    pub(crate) created_at: Timestamp,
    pub(crate) began_at: Timestamp,
}

/// Tells whoever has to know how an attempt ended.
pub(crate) fn tell<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    attempted: &Attempted<'_>,
    rules: &Rules,
    end: AttemptEnd,
    finished: Finished,
) {
    let Attempted { lease, fire, attempt, created_at, began_at } = *attempted;
    let task = &fire.task;
    match finished {
        Finished::Recorded { transition, quarantined, unfit, children } => {
            let end = match unfit {
                Some(unfit) => end.spoiled(&unfit),
                None => end,
            };
            shared.events.event(Event::Ended {
                lease,
                task: task.clone(),
                attempt,
                max_attempts: rules.retry.max_attempts,
                trigger: fire.trigger,
                scheduled_for: fire.scheduled_for,
                created_at,
                began_at,
                ended_at: end.at,
                outcome: end.outcome,
                transition,
            });
            for child in children {
                fired(shared, child);
            }
            if quarantined {
                shared.notices.send(Notice::Pause(Scope::Task(task.clone())));
                shared.events.event(Event::Quarantined { task: task.clone() });
            }
        }
        // Its lease went to somebody else.
        Finished::Superseded => {
            shared.events.event(Event::Superseded { lease, task: task.clone() });
        }
    }
    // A retry or a next run may be due before whatever the runner waits for.
    shared.work.notify_one();
}

/// A run whose task is gone is not tried again.
pub(crate) fn rules(spec: Option<&TaskSpec>) -> Rules {
    spec.map_or_else(
        || Rules {
            retry: RetryPolicy { max_attempts: 1, ..RetryPolicy::DEFAULT },
            ..Rules::default()
        },
        |spec| spec.rules,
    )
}
