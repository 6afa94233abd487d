//! The engine with a scripted executor, in paused time.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

mod rules;
mod stories;
mod support;
mod trouble;
