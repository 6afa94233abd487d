//! Forgets what is kept for long enough.

use std::{sync::Arc, time::Duration};

use horarium_core::{Executor, Store, retention::Retention};
use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{shared::Shared, trouble::Looking};

/// How often it is looked for.
const ROUND: Duration = Duration::from_secs(60);

/// The wait between two transactions of a round: others write, too.
const BREATH: Duration = Duration::from_millis(20);

/// Runs until it is dropped.
pub(crate) async fn run<S: Store, X: Executor>(
    shared: Arc<Shared<S, X>>,
    mut retention: watch::Receiver<Retention>,
) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looking = shared.troubles.looking();
    loop {
        tokio::select! {
            biased;
            _ = rounds.tick() => {}
            // Its sender may be gone: then it changes no more.
            Ok(()) = retention.changed() => {}
        }
        let bounds = *retention.borrow_and_update();
        if bounds != Retention::default() {
            round(&shared, bounds, &mut looking).await;
        }
    }
}

async fn round<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    bounds: Retention,
    looking: &mut Looking<'_>,
) {
    loop {
        match shared.store.prune(bounds, shared.clock.now()).await {
            Ok(pruned) if pruned.more => tokio::time::sleep(BREATH).await,
            Ok(_) => return looking.done(),
            // The next round tries again.
            Err(error) => return looking.meet(error),
        }
    }
}
