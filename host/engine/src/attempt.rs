//! One attempt, from its claim to its record.

use std::sync::{Arc, Mutex, PoisonError};

use horarium_core::{
    Executor, Store,
    attempt::{AttemptEnd, Lease, Observer, Outcome, Progress},
    executor::{Invocation, StopReason},
    log::LogLine,
    name::TaskName,
    store::{ClaimedRun, Finish, Finished},
    task::TaskSpec,
    transition,
    verdict::Verdict,
};
use tokio::sync::oneshot;

use crate::{
    event::{Event, Events},
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
    record(&shared, spec.as_deref(), &claimed, outcome, &log).await;
}

async fn execute<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    spec: &Arc<TaskSpec>,
    claimed: &ClaimedRun,
    log: Arc<AttemptLog>,
    stopped: Option<oneshot::Receiver<StopReason>>,
) -> Outcome {
    shared.events.event(Event::Started {
        lease: claimed.lease,
        task: spec.name.clone(),
        attempt: claimed.attempt,
        max_attempts: spec.retry.max_attempts,
    });
    let stop = async move {
        if let Some(stopped) = stopped
            && let Ok(reason) = stopped.await
        {
            return reason;
        }
        // Nobody is left who could stop it.
        std::future::pending().await
    };
    let invocation = Invocation {
        spec: with_own_args(spec, claimed),
        run_key: claimed.key.clone(),
        attempt: claimed.attempt,
        trigger: claimed.fire.trigger,
        scheduled_for: claimed.fire.scheduled_for,
        observer: log,
        stop: Box::pin(stop),
    };
    shared.executor.execute(invocation).await
}

/// The task as this run wants it.
fn with_own_args(spec: &Arc<TaskSpec>, claimed: &ClaimedRun) -> Arc<TaskSpec> {
    match &claimed.args {
        None => spec.clone(),
        Some(args) => Arc::new(TaskSpec { args: args.clone(), ..TaskSpec::clone(spec) }),
    }
}

async fn record<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    spec: Option<&TaskSpec>,
    claimed: &ClaimedRun,
    outcome: Outcome,
    log: &AttemptLog,
) {
    let now = shared.clock.now();
    let lease = claimed.lease;
    let policy = retry_policy(spec);
    let transition =
        transition::after_attempt(&policy, lease.run, claimed.attempt, &outcome.verdict, now);
    let follow_up =
        spec.and_then(|spec| transition::follow_up(&spec.schedule, &claimed.fire, transition, now));
    let finish = Finish {
        lease,
        end: AttemptEnd { at: now, outcome: outcome.clone() },
        transition,
        follow_up,
        log: log.take(),
    };
    let finished = until_done(shared, || shared.store.finish(finish.clone())).await;
    let task = claimed.fire.task.clone();
    shared.events.event(match finished {
        Finished::Recorded => Event::Ended {
            lease,
            task,
            attempt: claimed.attempt,
            max_attempts: policy.max_attempts,
            outcome,
            transition,
        },
        Finished::Superseded => Event::Superseded { lease, task },
    });
    // A retry or a next run may be due before whatever the runner waits for.
    shared.work.notify_one();
}

/// A run whose task is gone is not tried again.
fn retry_policy(spec: Option<&TaskSpec>) -> horarium_core::retry::RetryPolicy {
    use horarium_core::retry::RetryPolicy;
    spec.map_or(RetryPolicy { max_attempts: 1, ..RetryPolicy::DEFAULT }, |spec| spec.retry)
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
