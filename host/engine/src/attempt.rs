//! One attempt, from its claim to its record.

use std::sync::{Arc, Mutex, PoisonError};

use horarium_core::{
    Executor, Store,
    attempt::{AttemptEnd, Lease, Observer, Outcome, Progress},
    executor::{Invocation, StopReason, StopSignal},
    log::LogLine,
    name::TaskName,
    retry::RetryPolicy,
    rules::{OnLost, Rules},
    run::Trigger,
    store::{ClaimedRun, Finish, Finished, Scope},
    task::TaskSpec,
    time,
    transition::{self, Ended},
    verdict::Verdict,
};
use tokio::sync::oneshot;

use crate::{
    event::{Event, Events},
    fires,
    notice::Notice,
    patience::until_done,
    running::Entered,
    shared::Shared,
};

/// Runs a claimed run's next attempt and records how it ended.
///
/// `entered` lives until the end is recorded, so that the lease is renewed for as
/// long as that takes.
pub(crate) async fn run<S: Store, X: Executor>(
    shared: Arc<Shared<S, X>>,
    claimed: ClaimedRun,
    mut entered: Entered<S, X>,
) {
    let log = entered.log.clone();
    let stopped = entered.stopped.take();
    let spec = shared.roster.get(&claimed.fire.task);
    let outcome = match &spec {
        Some(spec) => execute(&shared, spec, &claimed, log.clone(), stopped).await,
        // The task was removed at the very moment of the claim: the run waits
        // for whoever brings it back.
        None => Outcome::before_start(Verdict::Interrupted),
    };
    // Before it makes room: what begins then begins later.
    let at = shared.clock.now();
    entered.over();
    record(&shared, spec.as_deref(), &claimed, AttemptEnd { at, outcome }, &log).await;
}

async fn execute<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    spec: &Arc<TaskSpec>,
    claimed: &ClaimedRun,
    log: Arc<AttemptLog>,
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
    });
    let invocation = Invocation {
        spec: as_wanted(spec, claimed),
        run_key: claimed.key.clone(),
        attempt: claimed.attempt,
        trigger: claimed.fire.trigger,
        scheduled_for: claimed.fire.scheduled_for,
        within: claimed.end_by.map(|end_by| time::between(shared.clock.now(), end_by)),
        observer: log,
        stop,
    };
    shared.executor.execute(invocation).await
}

/// The task as this run wants it: with arguments of its own.
fn as_wanted(spec: &Arc<TaskSpec>, claimed: &ClaimedRun) -> Arc<TaskSpec> {
    match &claimed.args {
        Some(args) => Arc::new(TaskSpec { args: args.clone(), ..TaskSpec::clone(spec) }),
        None => spec.clone(),
    }
}

async fn record<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    spec: Option<&TaskSpec>,
    claimed: &ClaimedRun,
    end: AttemptEnd,
    log: &AttemptLog,
) {
    let AttemptEnd { at: now, outcome } = &end;
    let now = *now;
    let lease = claimed.lease;
    let rules = rules(spec);
    let transition = transition::after_attempt(
        &rules,
        &Ended {
            run: lease.run,
            attempt: claimed.attempt,
            verdict: &outcome.verdict,
            begun: outcome.has_begun(),
            at: now,
            deadline: claimed.end_by,
        },
    );
    // By its schedule as it is now: it may be another one than when the attempt began.
    let current = shared.roster.get(&claimed.fire.task);
    let follow_up = current.and_then(|spec| fires::follow_up(&spec, &claimed.fire, now));
    let followed = follow_up.is_some();
    let finish = Finish {
        lease,
        end: end.clone(),
        transition,
        follow_up,
        log: log.take(),
        quarantine: rules.quarantine,
    };
    let finished = until_done(shared, || shared.store.finish(finish.clone())).await;
    if claimed.fire.trigger == Trigger::Continuous && !followed && finished.is_end() {
        shared.notices.send(Notice::Unfollowed(claimed.fire.task.clone()));
    }
    tell(shared, lease, &claimed.fire.task, claimed.attempt, &rules, end.outcome, finished);
}

/// Tells whoever has to know how an attempt ended.
pub(crate) fn tell<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    lease: Lease,
    task: &TaskName,
    attempt: u32,
    rules: &Rules,
    outcome: Outcome,
    finished: Finished,
) {
    match finished {
        Finished::Recorded { transition, quarantined } => {
            shared.events.event(Event::Ended {
                lease,
                task: task.clone(),
                attempt,
                max_attempts: rules.retry.max_attempts,
                outcome,
                transition,
            });
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

/// Gathers an attempt's log until it is written down, and passes it on to
/// whoever watches. What it holds is bounded by the sandbox's capture.
pub(crate) struct AttemptLog {
    events: Arc<dyn Events>,
    lease: Lease,
    task: TaskName,
    unwritten: Mutex<Vec<LogLine>>,
}

impl AttemptLog {
    pub(crate) fn new(events: Arc<dyn Events>, lease: Lease, task: TaskName) -> Self {
        Self { events, lease, task, unwritten: Mutex::default() }
    }

    /// Takes lines back that could not be written down, in front of later ones.
    pub(crate) fn put_back(&self, mut lines: Vec<LogLine>) {
        let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        lines.append(&mut unwritten);
        *unwritten = lines;
    }

    /// Hands over what was not written down yet.
    pub(crate) fn take(&self) -> Vec<LogLine> {
        std::mem::take(&mut self.unwritten.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for AttemptLog {
    fn log(&self, line: LogLine) {
        self.events.event(Event::Log {
            lease: self.lease,
            task: self.task.clone(),
            line: line.clone(),
        });
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn progress(&self, progress: Progress) {
        self.events.event(Event::Progress { lease: self.lease, task: self.task.clone(), progress });
    }
}
