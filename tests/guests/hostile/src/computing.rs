//! Computing without end, and in places where it hurts.

use std::hint;

use horarium_sdk::prelude::*;
use wasip2::clocks::monotonic_clock;

/// Calls itself until the stack is full, and the host at every step: the last
/// call of the host has no stack left but the guest's.
#[task]
fn recurse_and_call() -> u64 {
    deeper(0)
}

/// Adds after its call, so that no compiler makes a loop of it.
fn deeper(depth: u64) -> u64 {
    let now = monotonic_clock::now();
    match hint::black_box(depth) {
        u64::MAX => now,
        depth => deeper(depth + 1).wrapping_add(now),
    }
}

/// Asks for the time for ever.
#[task]
fn ask_the_time() {
    loop {
        hint::black_box(monotonic_clock::now());
    }
}
