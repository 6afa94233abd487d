//! Turns waiting runs into attempts.

use std::{sync::Arc, time::Duration};

use horarium_core::{Executor, Store, executor::StopReason, store::Claim, time};
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::{
    attempt,
    patience::until_done,
    scheduler::LONGEST_WAIT,
    shared::{Phase, Shared},
};

/// The shortest wait for a run that is due, so that a store which disagrees about
/// the time is not asked in circles.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Runs until the engine drains and its last attempt is recorded.
pub(crate) async fn run<S: Store, X: Executor>(shared: Arc<Shared<S, X>>) {
    let mut attempts = JoinSet::new();
    tokio::select! {
        () = shared.reached(Phase::Draining) => {}
        () = work(&shared, &mut attempts) => {}
    }
    drain(&shared, &mut attempts).await;
}

async fn work<S: Store, X: Executor>(shared: &Arc<Shared<S, X>>, attempts: &mut JoinSet<()>) {
    // The store remembers runs from before this start, which wait for their tasks.
    shared.roster.known().await;
    loop {
        let free = shared.config.capacity.saturating_sub(count(attempts));
        let next_due = if free > 0 { claim(shared, attempts, free).await } else { None };
        let full = count(attempts) >= shared.config.capacity;
        let wait = next_due
            .map_or(LONGEST_WAIT, |due| time::between(shared.clock.now(), due))
            .clamp(SHORTEST_WAIT, LONGEST_WAIT);
        tokio::select! {
            () = shared.work.notified(), if !full => {}
            Some(_) = attempts.join_next(), if !attempts.is_empty() => {}
            () = tokio::time::sleep(wait), if !full => {}
        }
        // Those that ended together are replaced together.
        while attempts.try_join_next().is_some() {}
    }
}

fn count(attempts: &JoinSet<()>) -> u32 {
    u32::try_from(attempts.len()).unwrap_or(u32::MAX)
}

/// Begins as many attempts as there is work and room for. Returns when the next
/// waiting run is due.
async fn claim<S: Store, X: Executor>(
    shared: &Arc<Shared<S, X>>,
    attempts: &mut JoinSet<()>,
    free: u32,
) -> Option<Timestamp> {
    let claims = until_done(shared, || {
        let now = shared.clock.now();
        shared.store.claim(Claim {
            node: shared.config.node.clone(),
            limit: free,
            now,
            until: time::add(now, shared.config.lease),
        })
    })
    .await;
    for run in claims.runs {
        attempts.spawn(attempt::run(shared.clone(), run));
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
