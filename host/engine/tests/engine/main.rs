//! The engine with a scripted executor, in paused time.

mod stories;
mod support;
mod trouble;
