//! What all loops of an engine share.

use std::sync::Arc;

use horarium_core::{Clock, Executor, Store, executor::StateSource};
use tokio::sync::{Notify, watch};

use crate::{
    engine::EngineConfig, event::Events, notice::Notices, roster::Roster, running::Running,
    trouble::Troubles,
};

/// How far the engine is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everything goes on.
    Working,
    /// Nothing new begins.
    Draining,
    /// What still runs is stopped.
    Stopping,
}

pub(crate) struct Shared<S, X> {
    pub(crate) store: S,
    /// Where attempts read what is committed of buckets.
    pub(crate) state: Arc<dyn StateSource>,
    pub(crate) executor: X,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) config: EngineConfig,
    pub(crate) roster: Roster,
    pub(crate) running: Arc<Running>,
    /// Rings when there may be work for the runner.
    pub(crate) work: Notify,
    /// Rings when an attempt has made room for another one.
    pub(crate) room: Notify,
    pub(crate) phase: watch::Sender<Phase>,
    pub(crate) notices: Notices,
    pub(crate) troubles: Troubles,
}

impl<S: Store, X: Executor> Shared<S, X> {
    /// How far the engine is.
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Completes once the engine has come to this phase.
    pub(crate) async fn reached(&self, phase: Phase) {
        let mut phases = self.phase.subscribe();
        // The sender lives in `self`.
        let _ = phases.wait_for(|now| *now >= phase).await;
    }
}
