//! Contexts for the tests of a plugin's author.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::{
    Context, Trigger,
    checkpoint::{self, Saved},
    start::Book,
    state::Source,
};
#[cfg(not(target_family = "wasm"))]
use crate::{http, start::Moment};

/// How long after [`TestContext::build`] the deadline lies unless it is set:
/// more than any test takes, so that a task which looks at its time goes on.
const TIME_LEFT: Duration = Duration::from_secs(3600);

/// Builds a [`Context`] for a test; see [`Context::for_test`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct TestContext {
    context: Context,
    deadline: Option<SystemTime>,
    #[cfg(not(target_family = "wasm"))]
    server: Option<http::Script>,
}

impl TestContext {
    pub(crate) fn new(task: String) -> Self {
        let context = Context {
            function: task.clone(),
            task,
            run_id: "test-run".to_owned(),
            attempt: 1,
            max_attempts: 1,
            trigger: Trigger::Manual,
            scheduled_for: SystemTime::UNIX_EPOCH,
            deadline: SystemTime::UNIX_EPOCH,
            saved: Saved::default(),
            state: Source::default(),
            book: Book::default(),
        };
        Self {
            context,
            deadline: None,
            #[cfg(not(target_family = "wasm"))]
            server: None,
        }
    }

    /// Sets the task function's name. It is the task's name by default.
    pub fn function(mut self, name: impl Into<String>) -> Self {
        self.context.function = name.into();
        self
    }

    /// Sets the run's identity, `test-run` by default.
    pub fn run_id(mut self, id: impl Into<String>) -> Self {
        self.context.run_id = id.into();
        self
    }

    /// Sets which attempt this is, counted from 1, and allows the run at least
    /// as many. The first by default.
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.context.attempt = attempt;
        self.context.max_attempts = self.context.max_attempts.max(attempt);
        self
    }

    /// Sets how many attempts the run may use, 1 by default.
    pub fn max_attempts(mut self, max_attempts: u32) -> Self {
        self.context.max_attempts = max_attempts;
        self
    }

    /// Sets why the run exists, [`Trigger::Manual`] by default.
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.context.trigger = trigger;
        self
    }

    /// Sets the nominal time, [`SystemTime::UNIX_EPOCH`] by default.
    pub fn scheduled_for(mut self, instant: SystemTime) -> Self {
        self.context.scheduled_for = instant;
        self
    }

    /// Sets when the attempt ends, one hour after [`Self::build`] by default.
    pub fn deadline(mut self, instant: SystemTime) -> Self {
        self.deadline = Some(instant);
        self
    }

    /// Sets what an earlier attempt has left as a [checkpoint](crate::checkpoint), which is
    /// nothing by default.
    ///
    /// # Panics
    ///
    /// Where it can't be written as JSON.
    pub fn left<T: Serialize + ?Sized>(self, checkpoint: &T) -> Self {
        checkpoint::save(&self.context.saved, checkpoint).expect("a checkpoint is JSON");
        self
    }

    /// Answers the requests of the module [`http`], all that this thread sends from
    /// [`Self::build`] on, until another context is built. The answer is a
    /// [`Response`](http::Response), or an [`ErrorKind`](http::ErrorKind) in a
    /// `Result`. Without this, requests fail.
    #[cfg(not(target_family = "wasm"))]
    pub fn http<A>(mut self, mut answer: impl FnMut(&http::Sent) -> A + 'static) -> Self
    where
        A: Into<Result<http::Response, http::ErrorKind>>,
    {
        self.server = Some(http::Script::new(move |request| answer(request).into()));
        self
    }

    /// The context.
    #[must_use]
    pub fn build(self) -> Context {
        #[cfg(not(target_family = "wasm"))]
        http::Script::install(self.server);
        Context {
            deadline: self.deadline.unwrap_or_else(|| SystemTime::now() + TIME_LEFT),
            ..self.context
        }
    }
}

/// A run that was started in a test; see [`Context::started`].
#[cfg(not(target_family = "wasm"))]
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Started {
    /// Of which task.
    pub task: String,
    /// Its arguments; none where it has those of its configuration.
    pub args: Option<serde_json::Value>,
    /// Its key.
    pub key: Option<String>,
    /// When it may begin.
    pub moment: Moment,
}
