//! The rules of Horarium.
//!
//! Everything here is pure: no clock, no I/O, no runtime, no WebAssembly. What
//! decides lives here as functions over plain values; what performs lives in the
//! other crates, behind the two seams [`Executor`] and [`Store`].
//!
//! A run's way through this crate:
//!
//! 1. [`schedule`] says at which instants a task is nominally due,
//! 2. [`misfire`] which of those become fires after a gap,
//! 3. [`overlap`] whether a fire becomes a waiting run or a skipped one,
//! 4. [`retry`] and [`transition`] what follows from an attempt's end.

pub mod alert;
pub mod attempt;
pub mod chain;
pub mod checkpoint;
pub mod clock;
pub mod digest;
pub mod effects;
pub mod executor;
pub mod function;
pub mod grant_caps;
pub mod grants;
pub mod instance;
pub mod jitter;
pub mod json;
pub mod limits;
pub mod log;
pub mod misfire;
pub mod name;
pub mod net;
pub mod overlap;
pub mod redact;
pub mod retention;
pub mod retry;
pub mod rules;
pub mod run;
pub mod schedule;
pub mod settle;
pub mod store;
pub mod task;
pub mod text;
pub mod time;
pub mod transition;
pub mod verdict;

pub use clock::Clock;
pub use executor::Executor;
pub use store::{Buckets, Editing, History, Outbox, Store};
