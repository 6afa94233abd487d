//! What is left for the next run, where the instance is kept.

use std::{
    cell::{Cell, RefCell},
    hint, mem,
    time::Duration,
};

use horarium_sdk::{http, prelude::*};
use wasip2::clocks::monotonic_clock::subscribe_duration;

thread_local! {
    static RUNS: Cell<usize> = const { Cell::new(0) };
    static HELD: RefCell<Vec<http::Response>> = const { RefCell::new(Vec::new()) };
}

/// Fails where a run of this instance had something too often.
fn at_most(most: usize, count: usize, what: &str) -> Result<(), TaskError> {
    match count <= most {
        true => Ok(()),
        false => Err(TaskError::permanent(format!("the host let through: {count} {what}"))),
    }
}

fn runs() -> usize {
    RUNS.set(RUNS.get() + 1);
    RUNS.get()
}

/// Serves more runs than it was asked for.
#[task]
fn outlive() -> Result<(), TaskError> {
    at_most(3, runs(), "runs")
}

/// Leaves 6 MiB of memory in each run, of 16.
#[task]
fn leave_memory() -> Result<(), TaskError> {
    mem::forget(hint::black_box(vec![0xAA_u8; 6 << 20]));
    at_most(2, runs(), "times 6 MiB")
}

/// Leaves 50 things to wait for in each run, of 128.
#[task]
fn leave_polls() -> Result<(), TaskError> {
    for _ in 0..50 {
        mem::forget(subscribe_duration(u64::MAX));
    }
    at_most(2, runs(), "times 50 things to wait for")
}

/// A server that was granted.
#[args]
struct Server {
    url: String,
}

/// Leaves as many connections as it gets in each run, of 8.
#[task]
fn leave_connections(Server { url }: Server) -> Result<(), TaskError> {
    HELD.with_borrow_mut(|held| {
        let ask = |_| http::get(&url).timeout(Duration::from_millis(100)).send().ok();
        held.extend((0..10).map_while(ask));
        at_most(8, held.len(), "connections")
    })
}
