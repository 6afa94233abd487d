//! Turns waiting runs into attempts.

use std::{sync::Arc, time::Duration};

use horarium_core::{Executor, Store, executor::StopReason, run::Trigger, store::Claim, time};
use jiff::Timestamp;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    attempt,
    event::Event,
    notice::Notice,
    patience::until_done_or_draining,
    running::Running,
    scheduler::{LONGEST_WAIT, fired},
    shared::{Phase, Shared},
};

/// The shortest wait for a run that is due, so that a store which disagrees about
/// the time is not asked in circles.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// The longest wait for room without a look at what expires.
const FULL_WAIT: Duration = Duration::from_secs(1);

/// When there is something to do.
#[derive(Default)]
struct Next {
    /// A run is due.
    due: Option<Timestamp>,
    /// A run has waited for too long.
    expiry: Option<Timestamp>,
}

/// Runs until the engine drains and its last attempt is recorded.
pub(crate) async fn run<S: Store + Clone, X: Executor>(shared: Arc<Shared<S, X>>) {
    let mut attempts = JoinSet::new();
    // The store remembers runs from before this start, which wait for their tasks.
    tokio::select! {
        biased;
        () = shared.roster.known() => {}
        () = shared.reached(Phase::Draining) => {}
    }
    while shared.phase() == Phase::Working {
        // Not to be cut off: what the store hands out here is ours to run.
        let free = shared.running.room(shared.config.capacity);
        // Without room for any, too: what waits for too long is over.
        let next = claim(&shared, &mut attempts, free).await;
        wait(&shared, &mut attempts, next).await;
    }
    drain(&shared, &mut attempts).await;
}

/// Waits until there may be something to do.
async fn wait<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    attempts: &mut JoinSet<()>,
    next: Next,
) {
    let full = shared.running.room(shared.config.capacity) == 0;
    // Without room nothing that is due can begin; but what comes meanwhile may expire.
    let (next, longest) = match full {
        true => (next.expiry, FULL_WAIT),
        false => (next.due.into_iter().chain(next.expiry).min(), LONGEST_WAIT),
    };
    let wait = next
        .map_or(longest, |due| time::between(shared.clock.now(), due))
        .clamp(SHORTEST_WAIT, longest);
    tokio::select! {
        biased;
        () = shared.reached(Phase::Draining) => {}
        () = shared.work.notified(), if !full => {}
        () = shared.room.notified(), if full => {}
        Some(_) = attempts.join_next(), if !attempts.is_empty() => {}
        () = tokio::time::sleep(wait) => {}
    }
    // Those that ended together are replaced together.
    while attempts.try_join_next().is_some() {}
}

/// Begins as many attempts as there is work and room for. While the store fails, an
/// engine that drains stops asking.
async fn claim<S: Store + Clone, X: Executor>(
    shared: &Arc<Shared<S, X>>,
    attempts: &mut JoinSet<()>,
    free: u32,
) -> Next {
    let ask = || {
        let now = shared.clock.now();
        shared.store.claim(Claim {
            node: shared.config.node.clone(),
            limit: free,
            now,
            until: time::add(now, shared.config.lease),
        })
    };
    let asked = Instant::now();
    let Some(claims) = until_done_or_draining(shared, ask).await else { return Next::default() };
    // Whoever waited for so long for the answer has lost what it says.
    let late = asked.elapsed() >= shared.config.give_up;
    for expired in claims.expired {
        if expired.fire.trigger == Trigger::Continuous {
            shared.notices.send(Notice::Unfollowed(expired.fire.task.clone()));
        }
        shared.events.event(Event::Expired(expired));
    }
    for follower in claims.followers {
        fired(shared, follower);
    }
    for run in claims.runs.into_iter().filter(|_| !late) {
        // Entered before it begins, so that no stop passes it by.
        let entry = Running::enter(shared, &run);
        attempts.spawn(attempt::run(shared.clone(), run, entry));
    }
    shared.running.all_entered();
    Next { due: claims.next_due, expiry: claims.next_expiry }
}

/// Waits for what runs; stops it when its grace is over.
async fn drain<S: Store, X: Executor>(shared: &Shared<S, X>, attempts: &mut JoinSet<()>) {
    let all = async { while attempts.join_next().await.is_some() {} };
    tokio::pin!(all);
    tokio::select! {
        biased;
        () = &mut all => return,
        () = shared.reached(Phase::Stopping) => shared.running.stop_all(StopReason::Shutdown),
    }
    all.await;
}
