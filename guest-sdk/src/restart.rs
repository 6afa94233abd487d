//! Deciding oneself what follows a failed attempt.
//!
//! The host asks where another attempt would follow: after a failure that is not permanent,
//! a panic, a timeout, fuel or memory that were used up, and while there are attempts left.
//! So a task may give up, or wait for another time than its retry policy says, but never
//! have more attempts than its operator gives it.
//!
//! ```
//! use std::time::Duration;
//!
//! use horarium_sdk::{prelude::*, restart::{Failed, How, Restart}};
//!
//! /// Imports a thousand files.
//! #[task(timeout = "1m", max_attempts = 20, on_failure = go_on)]
//! fn import_files(context: &Context) -> Result<()> {
//!     // … with a checkpoint after each of them …
//! #   let _ = context;
//!     Ok(())
//! }
//!
//! /// One that has come somewhere goes on at once; one that has not is hopeless.
//! fn go_on(failed: &Failed) -> Restart {
//!     match (failed.how(), failed.context().last_checkpoint::<u32>()) {
//!         (How::TimedOut, Ok(Some(_))) => Restart::After(Duration::ZERO),
//!         (How::TimedOut, _) => Restart::Never,
//!         _ => Restart::ByPolicy,
//!     }
//! }
//!
//! # fn main() {
//! let context = Context::for_test("import_files").max_attempts(20).left(&300).build();
//! let failed = Failed::for_test(context, How::TimedOut, "not done after 1m");
//! assert_eq!(go_on(&failed), Restart::After(Duration::ZERO));
//! # }
//! ```
//!
//! It is asked in an instance of its own, within a second, and without grants: it may read
//! the task's state and the run's checkpoint, and log. Where it gives no answer, the retry
//! policy decides, and the attempt's log says why.

use std::time::Duration;

use crate::Context;

/// An attempt that has failed.
#[derive(Debug, Clone)]
pub struct Failed {
    pub(crate) context: Context,
    pub(crate) how: How,
    pub(crate) message: String,
    pub(crate) ran_for: Duration,
}

/// How an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum How {
    /// The task function returned an error.
    Failed,
    /// Its time was over.
    TimedOut,
    /// Its fuel was used up.
    OutOfFuel,
    /// It wanted more memory than it may have.
    OutOfMemory,
    /// It panicked, or trapped otherwise.
    Trapped,
}

/// What is to follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Restart {
    /// What the task's retry policy and the failure itself say.
    #[default]
    ByPolicy,
    /// Another attempt, but not before this much time has passed. The host waits a day at
    /// most, and counts in microseconds.
    After(Duration),
    /// No further attempt.
    Never,
}

impl Failed {
    /// One for a test: of the attempt that has this context.
    pub fn for_test(context: Context, how: How, message: impl Into<String>) -> Self {
        Self { context, how, message: message.into(), ran_for: Duration::ZERO }
    }

    /// The same after it had run for so long. A test's takes no time by default.
    #[must_use]
    pub fn ran(self, length: Duration) -> Self {
        Self { ran_for: length, ..self }
    }

    /// What the attempt was told about itself.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// How it failed.
    #[must_use]
    pub fn how(&self) -> How {
        self.how
    }

    /// Why, as the host's history tells it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How long it had run.
    #[must_use]
    pub fn ran_for(&self) -> Duration {
        self.ran_for
    }
}
