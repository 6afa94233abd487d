//! What the clocks show.

use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use horarium_sdk::prelude::*;

/// Readings of both clocks.
#[output]
struct Readings {
    /// Nanoseconds between readings of the monotonic clock that differed.
    steps: Vec<u64>,
    /// Nanoseconds of the wall clock within its second.
    wall: u32,
    /// How long a sleep of 20 ms took by the monotonic clock, in nanoseconds.
    slept: u64,
}

/// Reads the clocks until the monotonic one has moved five times.
#[task(fuel = "unlimited")]
fn clocks() -> Readings {
    let mut steps = Vec::new();
    let mut before = Instant::now();
    while steps.len() < 5 {
        let now = Instant::now();
        if now != before {
            steps.push(nanos(now - before));
            before = now;
        }
    }
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    let asleep = Instant::now();
    thread::sleep(Duration::from_millis(20));
    Readings { steps, wall, slept: nanos(asleep.elapsed()) }
}

fn nanos(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}
