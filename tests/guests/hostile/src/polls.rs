//! Waiting, in all the ways in which waiting costs the host something.

use std::mem;

use horarium_sdk::prelude::*;
use wasip2::{
    clocks::monotonic_clock::{subscribe_duration, subscribe_instant},
    io::poll::{Pollable, poll},
};

/// An hour, in nanoseconds.
const LONG: u64 = 3_600_000_000_000;

/// How many of them.
#[args]
struct Count {
    count: usize,
}

/// Waits for many things at once, none of which happens.
#[task]
fn poll_many(Count { count }: Count) {
    let all: Vec<Pollable> = (0..count).map(|_| subscribe_duration(LONG)).collect();
    poll(&all.iter().collect::<Vec<_>>());
}

/// Waits for the same thing as many times over as fit into a call, for ever.
#[task]
fn poll_same(Count { count }: Count) {
    let ready = subscribe_duration(0);
    let all = vec![&ready; count];
    loop {
        poll(&all);
    }
}

/// Waits for nothing, which the contract forbids.
#[task]
fn poll_nothing() {
    poll(&[]);
}

/// Waits for the end of time.
#[task]
fn wait_for_ever() {
    subscribe_instant(u64::MAX).block();
    subscribe_duration(u64::MAX).block();
}

/// Waits for what has happened already, for ever.
#[task]
fn never_wait() {
    loop {
        subscribe_duration(0).block();
    }
}

/// Takes things to wait for, and never gives one back.
#[task]
fn leak_polls() {
    loop {
        mem::forget(subscribe_duration(LONG));
    }
}
