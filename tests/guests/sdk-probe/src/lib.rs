//! A plugin that uses every feature of `horarium-sdk`, for the tests of the SDK
//! and of the host. Its own tests show how a plugin's author writes some.

// `#[task]` has to work for authors who forbid this.
#![forbid(unsafe_code)]

mod climb;
mod failures;
mod fan;
mod schedules;
mod speech;
mod tally;
mod values;
