//! Starting runs of other tasks.
//!
//! What is started is kept aside, and its runs are made together with the attempt's
//! success: all of them, each of them once. An attempt that fails or is stopped has started
//! nothing, so that a retry starts nothing twice.
//!
//! ```
//! use std::time::Duration;
//!
//! use horarium_sdk::prelude::*;
//!
//! // What `copy` takes, and what is handed to it.
//! #[args]
//! #[output]
//! struct Batch {
//!     from: u64,
//!     to: u64,
//! }
//!
//! /// Has what is new be copied, a hundred rows a run.
//! #[task]
//! fn split(context: &Context) -> Result<()> {
//!     let newest = 1_000; // … ask the source …
//!     for from in (0..newest).step_by(100) {
//!         context.start("copy", &Batch { from, to: from + 100 })?;
//!     }
//!     // By a key of its own there is one report for all of today.
//!     context.starting("report").key("2026-01-31").after(Duration::from_secs(60)).start()?;
//!     Ok(())
//! }
//!
//! # fn main() {
//! // In a test, the context remembers what was started.
//! let context = Context::for_test("split").build();
//! split(&context).unwrap();
//! let started = context.started();
//! assert_eq!(started.len(), 11);
//! assert_eq!(started[0].args.as_ref().unwrap()["to"], 100);
//! # }
//! ```
//!
//! Which tasks a task may start, its configuration says: `grants.tasks`.

#[cfg(not(target_family = "wasm"))]
mod memory;

#[cfg(not(target_family = "wasm"))]
pub(crate) use self::memory::Book;
#[cfg(target_family = "wasm")]
pub(crate) use crate::component::start::Book;

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::Serialize;

/// A run of another task that is to be started. Made by
/// [`Context::starting`](crate::Context::starting).
#[derive(Debug)]
#[must_use = "nothing is started until `start` is called"]
pub struct Start<'c> {
    pub(crate) book: &'c Book,
    pub(crate) task: &'c str,
    pub(crate) args: Result<Option<String>, serde_json::Error>,
    pub(crate) key: Option<String>,
    pub(crate) moment: Moment,
}

/// When a run may begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// As soon as the attempt has succeeded.
    #[default]
    Now,
    /// So much later.
    After(Duration),
    /// At this instant.
    At(SystemTime),
}

/// Why a run can't be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The task has no grant for this. Says which one it takes.
    NotGranted(String),
    /// That can't be a run. Says why.
    Invalid(String),
    /// The other task is paused, or can't run. Says which of both.
    Refused(String),
    /// More would be started than may be. Says what.
    TooMuch(String),
    /// Nobody can tell now whether it may be started.
    Unavailable(String),
    /// The arguments can't be written as JSON.
    Arguments(serde_json::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGranted(reason)
            | Self::Invalid(reason)
            | Self::Refused(reason)
            | Self::TooMuch(reason)
            | Self::Unavailable(reason) => out.write_str(reason),
            Self::Arguments(_) => out.write_str("the arguments of a run that is to be started"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Arguments(reason) => Some(reason),
            _ => None,
        }
    }
}

impl<'c> Start<'c> {
    pub(crate) fn new(book: &'c Book, task: &'c str) -> Self {
        Self { book, task, args: Ok(None), key: None, moment: Moment::Now }
    }

    /// Gives it arguments, instead of those that its configuration has.
    pub fn args<A: Serialize + ?Sized>(mut self, args: &A) -> Self {
        self.args = serde_json::to_string(args).map(Some);
        self
    }

    /// Gives it a key that at most one run of the task has: where there is one already,
    /// no other is made.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Has it begin so much later.
    pub fn after(mut self, length: Duration) -> Self {
        self.moment = Moment::After(length);
        self
    }

    /// Has it begin at this instant.
    pub fn at(mut self, instant: SystemTime) -> Self {
        self.moment = Moment::At(instant);
        self
    }

    /// Has it be started with the attempt's success.
    ///
    /// # Errors
    /// Where the task may not start it, it makes no sense, or there would be too many.
    pub fn start(self) -> Result<(), StartError> {
        let Self { book, task, args, key, moment } = self;
        let args = args.map_err(StartError::Arguments)?;
        book.start(task, args, key, moment)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::Context;

    #[test]
    fn a_test_sees_what_was_started() {
        let context = Context::for_test("a").build();
        context.start("b", &7).unwrap();
        context.starting("c").key("k").after(Duration::from_secs(5)).start().unwrap();
        let started = context.started();
        assert_eq!((&*started[0].task, &started[0].args), ("b", &Some(7.into())));
        assert_eq!((&started[0].key, started[0].moment), (&None, Moment::Now));
        assert_eq!((&*started[1].task, &started[1].args), ("c", &None));
        assert_eq!(started[1].key.as_deref(), Some("k"));
        assert_eq!(started[1].moment, Moment::After(Duration::from_secs(5)));
    }

    #[test]
    fn arguments_that_are_no_json_start_nothing() {
        let context = Context::for_test("a").build();
        let odd: HashMap<(u8, u8), u8> = [((1, 2), 3)].into();
        let refused = context.start("b", &odd).unwrap_err();
        assert!(matches!(refused, StartError::Arguments(_)));
        assert!(std::error::Error::source(&refused).is_some());
        assert_eq!(context.started().len(), 0);
    }
}
