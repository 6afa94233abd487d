//! A plugin that misbehaves in every way that it is asked to, for the tests of the
//! host. Its functions return what they achieved, so that a test can tell what the
//! host let them do.

#![forbid(unsafe_code)]

mod attempt;
mod computing;
mod ending;
mod memory;
mod reach;
mod speech;
