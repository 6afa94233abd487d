//! The seam between the engine and whatever runs a task function.

use std::{pin::Pin, sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    attempt::{Observer, Outcome},
    run::Trigger,
    task::TaskSpec,
    verdict::Verdict,
};

/// One attempt to be executed.
pub struct Invocation {
    /// The task.
    pub spec: Arc<TaskSpec>,
    /// The run's idempotency key, the same for all of its attempts.
    pub run_key: String,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// Why the run exists.
    pub trigger: Trigger,
    /// The nominal instant of the run.
    pub scheduled_for: Timestamp,
    /// How long it may take, its wait for room included, where that may be less than its
    /// timeout. One that does not come to begin in this time is interrupted.
    pub within: Option<Duration>,
    /// Who listens.
    pub observer: Arc<dyn Observer>,
    /// Completes when the attempt is to be stopped before its time.
    pub stop: StopSignal,
}

/// A future that completes when an attempt is to be stopped.
pub type StopSignal = Pin<Box<dyn Future<Output = StopReason> + Send>>;

/// Why an attempt is stopped before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody asked for it: the attempt is `cancelled`.
    Cancel,
    /// The host ends: the attempt is `interrupted` and handed back.
    Shutdown,
}

impl StopReason {
    /// The verdict on an attempt that was stopped.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Cancel => Verdict::Cancelled,
            Self::Shutdown => Verdict::Interrupted,
        }
    }
}

/// Runs attempts.
pub trait Executor: Send + Sync + 'static {
    /// Runs one attempt to its end. Total: whatever goes wrong is an outcome.
    /// Dropping the future stops the guest.
    fn execute(&self, invocation: Invocation) -> impl Future<Output = Outcome> + Send;
}
