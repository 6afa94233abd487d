//! Too much computing, too much time.

use std::{hint, thread, time::Duration};

use horarium_sdk::prelude::*;

/// Computes for ever, and never calls the host.
#[task]
fn spin() {
    let mut number = 0_u64;
    loop {
        number = hint::black_box(number).wrapping_add(1);
    }
}

/// How long to sleep.
#[args]
struct Nap {
    ms: u64,
}

/// Sleeps inside the host.
#[task]
fn sleep(nap: Nap) -> u64 {
    thread::sleep(Duration::from_millis(nap.ms));
    nap.ms
}

/// Calls itself until the stack is full.
#[task]
fn recurse() -> u64 {
    deeper(0)
}

/// Adds after its call, so that no compiler makes a loop of it.
fn deeper(depth: u64) -> u64 {
    match hint::black_box(depth) {
        u64::MAX => depth,
        depth => deeper(depth + 1).wrapping_add(depth),
    }
}
