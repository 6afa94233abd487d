//! Too much computing, too much time.

use std::{hint, path::PathBuf, thread, time::Duration};

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

/// What to wait for.
#[args]
struct Signal {
    path: PathBuf,
}

/// Says that it waits, and returns once there is a file at this place, so that a
/// test decides when an attempt ends.
#[task]
fn wait(signal: Signal) {
    println!("waiting");
    while !signal.path.exists() {
        thread::sleep(Duration::from_millis(20));
    }
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
