//! What the host tells a task function about the attempt it runs in.

use std::time::{Duration, SystemTime};

use serde::{Serialize, de::DeserializeOwned};

#[cfg(not(target_family = "wasm"))]
use crate::Started;
use crate::{
    TestContext, Trigger,
    checkpoint::{self, CheckpointError, Saved},
    progress,
    start::{Book, Start, StartError},
    state::{Source, State},
};

/// The attempt that a task function runs in.
///
/// A task function asks for it with a first parameter `&Context` or `Context`.
/// Tests make one with [`Context::for_test`].
#[derive(Debug, Clone)]
pub struct Context {
    pub(crate) task: String,
    pub(crate) function: String,
    pub(crate) run_id: String,
    pub(crate) attempt: u32,
    pub(crate) max_attempts: u32,
    pub(crate) trigger: Trigger,
    pub(crate) scheduled_for: SystemTime,
    pub(crate) deadline: SystemTime,
    pub(crate) saved: Saved,
    pub(crate) state: Source,
    pub(crate) book: Book,
}

impl Context {
    /// Starts a context for a test of the task with this name.
    ///
    /// Unless the builder is told otherwise it stands for the first and only
    /// attempt of a manual run; [`TestContext`] lists the other values.
    pub fn for_test(task: impl Into<String>) -> TestContext {
        TestContext::new(task.into())
    }

    /// The task's name in the host's configuration.
    ///
    /// Several tasks may call the same function, each with its own arguments.
    #[must_use]
    pub fn task(&self) -> &str {
        &self.task
    }

    /// The name of the task function that is called.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The run's identity: the same for all attempts of one run, and for no
    /// other run. It is the idempotency key for whatever the task does outside.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Which attempt of the run this is, counted from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How many attempts the run may use.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// Whether the run has failed for good if this attempt fails.
    #[must_use]
    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.max_attempts
    }

    /// Why the run exists.
    #[must_use]
    pub fn trigger(&self) -> &Trigger {
        &self.trigger
    }

    /// The nominal time that the run stands for, however late it starts. A task
    /// that works on "yesterday" should count from here and not from now.
    #[must_use]
    pub fn scheduled_for(&self) -> SystemTime {
        self.scheduled_for
    }

    /// When the host will interrupt this attempt.
    #[must_use]
    pub fn deadline(&self) -> SystemTime {
        self.deadline
    }

    /// The time from now to the [deadline](Self::deadline), zero once it has passed.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.deadline.duration_since(SystemTime::now()).unwrap_or_default()
    }

    /// Tells people who watch how far the attempt is. The same as
    /// [`progress::report`].
    pub fn progress(&self, fraction: f32, note: impl Into<String>) {
        progress::report(fraction, note);
    }

    /// Saves how far the run is, for its next attempt, should this one not succeed: for good
    /// once this returns, whatever comes of the attempt; see [`checkpoint`](crate::checkpoint).
    ///
    /// # Errors
    /// Where it can't be kept, or is longer than it may be.
    pub fn checkpoint<T: Serialize + ?Sized>(&self, checkpoint: &T) -> Result<(), CheckpointError> {
        checkpoint::save(&self.saved, checkpoint)
    }

    /// What was saved last for this run, by this attempt or an earlier one; none where nothing
    /// was.
    ///
    /// # Errors
    /// Where it can't be read, or is no `T`: another version of the plugin may have saved it.
    pub fn last_checkpoint<T: DeserializeOwned>(&self) -> Result<Option<T>, CheckpointError> {
        checkpoint::load(&self.saved)
    }

    /// What the task keeps from one run to the next; see [`state`](crate::state).
    #[must_use]
    pub fn state(&self) -> State<'_> {
        State { source: &self.state, bucket: None }
    }

    /// The same for a bucket that the task shares with others, if its configuration
    /// grants it.
    #[must_use]
    pub fn bucket<'c>(&'c self, name: &'c str) -> State<'c> {
        State { source: &self.state, bucket: Some(name) }
    }

    /// Starts a run of another task, with arguments of its own, once the attempt has
    /// succeeded; see [`start`](crate::start).
    ///
    /// # Errors
    /// Where the task may not start it, it makes no sense, or there would be too many.
    pub fn start<A: Serialize + ?Sized>(&self, task: &str, args: &A) -> Result<(), StartError> {
        self.starting(task).args(args).start()
    }

    /// The same where more is to be said about the run.
    pub fn starting<'c>(&'c self, task: &'c str) -> Start<'c> {
        Start::new(&self.book, task)
    }

    /// What was started, in a test.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn started(&self) -> Vec<Started> {
        self.book.list()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_is_known() {
        let context = |attempt| Context::for_test("pump").attempt(attempt).max_attempts(3).build();
        assert!(!context(2).is_last_attempt());
        assert!(context(3).is_last_attempt());
    }

    #[test]
    fn no_time_is_left_after_the_deadline() {
        let context = Context::for_test("pump").deadline(SystemTime::UNIX_EPOCH).build();
        assert_eq!(context.time_left(), Duration::ZERO);
    }
}
