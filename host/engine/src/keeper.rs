//! Keeps the leases of what runs here, and sweeps up those that nobody keeps.

use std::sync::Arc;

use horarium_core::{
    Executor, Store,
    attempt::{AttemptEnd, Outcome},
    executor::StopReason,
    retry::Restart,
    store::{ExpiredLease, Finish, Finished, StoreError},
    time,
    transition::{self, Ended},
    verdict::Verdict,
};
use tokio::time::{Instant, MissedTickBehavior};

use crate::{
    attempt::{self, Attempted},
    fires,
    shared::Shared,
};

/// Runs for as long as anything may still run.
pub(crate) async fn run<S: Store, X: Executor>(shared: Arc<Shared<S, X>>) {
    let mut rounds = tokio::time::interval(shared.config.renew);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut renewed = Instant::now();
    let mut looking = shared.troubles.looking();
    loop {
        rounds.tick().await;
        // A store that hangs renews nothing either.
        let left = shared.config.give_up.saturating_sub(renewed.elapsed());
        match tokio::time::timeout(left.max(shared.config.renew / 2), renew(&shared)).await {
            Ok(Ok(())) => renewed = Instant::now(),
            failed => {
                if let Ok(Err(error)) = failed {
                    looking.meet(error);
                }
                // Before the leases are over and somebody else may start the same runs.
                if renewed.elapsed() >= shared.config.give_up {
                    shared.running.stop_all(StopReason::Shutdown);
                }
                continue;
            }
        }
        // What fails here is no reason to stop anybody; the next round tries again.
        let rest = async {
            write_logs(&shared).await?;
            sweep(&shared).await
        };
        match rest.await {
            Ok(()) => looking.done(),
            Err(error) => looking.meet(error),
        }
    }
}

async fn renew<S: Store, X: Executor>(shared: &Shared<S, X>) -> Result<(), StoreError> {
    let until = time::add(shared.clock.now(), shared.config.lease);
    for lost in shared.store.renew(shared.running.leases(), until).await? {
        shared.running.stop(lost, StopReason::Cancel);
    }
    Ok(())
}

/// Writes down what was logged since the last round, so that a crash leaves the
/// log of what it interrupted.
async fn write_logs<S: Store, X: Executor>(shared: &Shared<S, X>) -> Result<(), StoreError> {
    for (lease, journal) in shared.running.journals() {
        let lines = journal.begin_writing();
        if lines.is_empty() {
            continue;
        }
        let written = shared.store.append_log(lease, lines).await;
        journal.end_writing(written.is_ok());
        written?;
    }
    Ok(())
}

/// Moves on the runs whose holder is no more.
async fn sweep<S: Store, X: Executor>(shared: &Shared<S, X>) -> Result<(), StoreError> {
    let now = shared.clock.now();
    for expired in shared.store.expired(now).await? {
        if !shared.running.holds(expired.lease) {
            give_up(shared, expired).await?;
        }
    }
    Ok(())
}

async fn give_up<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    expired: ExpiredLease,
) -> Result<(), StoreError> {
    let now = shared.clock.now();
    let ExpiredLease { lease, fire, attempt, end_by, cancelled, created_at, began_at } = expired;
    let spec = shared.roster.get(&fire.task);
    // Whether it is tried again is its task's to say: it waits for the task's return,
    // unless somebody does not want it to.
    if spec.is_none() && !cancelled {
        return Ok(());
    }
    let rules = attempt::rules(spec.as_deref());
    // Nobody wants it any more, however far it came.
    let verdict = if cancelled { Verdict::Cancelled } else { Verdict::Lost };
    let outcome = Outcome::before_start(verdict);
    let (verdict, begun) = (&outcome.verdict, true);
    let restart = Restart::ByPolicy;
    let ended = Ended { lease, attempt, verdict, restart, begun, at: now, deadline: end_by };
    let follow_up = spec.and_then(|spec| fires::follow_up(&spec, &fire, now));
    let end = AttemptEnd { at: now, outcome: outcome.clone() };
    let finish = Finish {
        lease,
        end: end.clone(),
        transition: transition::after_attempt(&rules, &ended),
        conflicted: transition::after_conflict(&ended),
        // It starts nothing.
        refused: transition::after_attempt(&rules, &ended),
        follow_up,
        children: Vec::new(),
        log: Vec::new(),
        quarantine: rules.quarantine,
    };
    let finished = shared.store.finish(finish).await?;
    // Superseded means that its holder was only late, and was recorded after all.
    if finished != Finished::Superseded {
        let attempted = Attempted { lease, fire: &fire, attempt, created_at, began_at };
        attempt::tell(shared, &attempted, &rules, end, finished);
    }
    Ok(())
}
