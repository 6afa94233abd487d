//! A plugin whose author means harm. Each function is one way of it: it goes on
//! until the host stops it, or panics where it got what it must not get. What
//! needs no more than bad manners is in `unruly`.

#![forbid(unsafe_code)]

mod calls;
mod computing;
mod files;
mod keep;
mod memory;
mod network;
mod polls;
mod shouts;
mod streams;
mod web;

use horarium_sdk::prelude::*;

/// Does no harm: for the neighbour that shares the plugin.
#[task]
fn behave() -> &'static str {
    "done"
}

/// Panics where the host let something through.
pub(crate) fn refused<T, E>(what: &str, result: Result<T, E>) {
    assert!(result.is_err(), "the host let through: {what}");
}
