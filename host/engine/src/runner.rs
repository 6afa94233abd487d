//! Turns waiting runs into attempts.

use std::{sync::Arc, time::Duration};

use horarium_core::{Executor, Store, executor::StopReason, store::Claim, time};
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::{
    attempt,
    patience::until_done_or_draining,
    running::Running,
    scheduler::LONGEST_WAIT,
    shared::{Phase, Shared},
};

/// The shortest wait for a run that is due, so that a store which disagrees about
/// the time is not asked in circles.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Runs until the engine drains and its last attempt is recorded.
pub(crate) async fn run<S: Store, X: Executor>(shared: Arc<Shared<S, X>>) {
    let mut attempts = JoinSet::new();
    // The store remembers runs from before this start, which wait for their tasks.
    tokio::select! {
        () = shared.roster.known() => {}
        () = shared.reached(Phase::Draining) => {}
    }
    while shared.phase() == Phase::Working {
        // Not to be cut off: what the store hands out here is ours to run.
        let free = shared.config.capacity.saturating_sub(count(&attempts));
        let next_due = if free > 0 { claim(&shared, &mut attempts, free).await } else { None };
        wait(&shared, &mut attempts, next_due).await;
    }
    drain(&shared, &mut attempts).await;
}

/// Waits until there may be something to do.
async fn wait<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    attempts: &mut JoinSet<()>,
    next_due: Option<Timestamp>,
) {
    let full = count(attempts) >= shared.config.capacity;
    let until_due = next_due
        .map_or(LONGEST_WAIT, |due| time::between(shared.clock.now(), due))
        .clamp(SHORTEST_WAIT, LONGEST_WAIT);
    tokio::select! {
        () = shared.reached(Phase::Draining) => {}
        () = shared.work.notified(), if !full => {}
        Some(_) = attempts.join_next(), if !attempts.is_empty() => {}
        () = tokio::time::sleep(until_due), if !full => {}
    }
    // Those that ended together are replaced together.
    while attempts.try_join_next().is_some() {}
}

fn count(attempts: &JoinSet<()>) -> u32 {
    u32::try_from(attempts.len()).unwrap_or(u32::MAX)
}

/// Begins as many attempts as there is work and room for. Returns when the next
/// waiting run is due. While the store fails, an engine that drains stops asking.
async fn claim<S: Store, X: Executor>(
    shared: &Arc<Shared<S, X>>,
    attempts: &mut JoinSet<()>,
    free: u32,
) -> Option<Timestamp> {
    let ask = || {
        let now = shared.clock.now();
        shared.store.claim(Claim {
            node: shared.config.node.clone(),
            limit: free,
            now,
            until: time::add(now, shared.config.lease),
        })
    };
    let claims = until_done_or_draining(shared, ask).await?;
    for run in claims.runs {
        // Entered before it begins, so that no stop passes it by.
        let entry = Running::enter(shared, &run);
        attempts.spawn(attempt::run(shared.clone(), run, entry));
    }
    claims.next_due
}

/// Waits for what runs; stops it when its grace is over.
async fn drain<S: Store, X: Executor>(shared: &Shared<S, X>, attempts: &mut JoinSet<()>) {
    let all = async { while attempts.join_next().await.is_some() {} };
    tokio::pin!(all);
    tokio::select! {
        () = &mut all => return,
        () = shared.reached(Phase::Stopping) => shared.running.stop_all(StopReason::Shutdown),
    }
    all.await;
}
