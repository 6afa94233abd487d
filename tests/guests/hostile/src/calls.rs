//! Too much said to the host, and too much asked of it.

use std::hint;

use horarium_sdk::{
    prelude::*,
    restart::{Failed, Restart},
};
use wasip2::{
    cli::{environment, stdout},
    filesystem::preopens,
    random::{insecure, random},
};

/// What one entry of a flood looks like.
#[args]
struct Flood {
    #[serde(default)]
    target: usize,
    #[serde(default)]
    message: usize,
    /// Whether the message is nothing but line breaks.
    #[serde(default)]
    lines: bool,
}

/// Logs without end.
#[task]
fn flood_log(flood: Flood) {
    let target = "t".repeat(flood.target);
    let message = if flood.lines { "\n" } else { "m" }.repeat(flood.message);
    loop {
        log::info!(target: &target, "{message}");
    }
}

/// Writes to standard output without end, and never a line break.
#[task]
fn flood_stdout() {
    let stdout = stdout::get_stdout();
    let piece = [b'x'; 4096];
    while stdout.blocking_write_and_flush(&piece).is_ok() {}
}

/// Tells its progress without end.
#[task]
fn flood_progress() {
    let note = "n".repeat(1 << 10);
    loop {
        progress::note(&note);
    }
}

/// Saves checkpoints without end, each as long as may be.
#[task]
fn flood_checkpoints(context: &Context) -> Result<()> {
    let value = "c".repeat(256_000);
    loop {
        context.checkpoint(&value)?;
    }
}

/// Fails, and never decides what follows.
#[task(on_failure = never_decide)]
fn undecided() -> Result<()> {
    bail!("ask")
}

fn never_decide(failed: &Failed) -> Restart {
    loop {
        hint::black_box(failed.how());
    }
}

/// Fails, and takes all memory there is to decide what follows.
#[task(on_failure = hoard_and_decide)]
fn undecided_hoarder() -> Result<()> {
    bail!("ask")
}

fn hoard_and_decide(_: &Failed) -> Restart {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1_u8; 1 << 20]);
        hint::black_box(&hoard);
    }
}

/// How many bytes to ask for.
#[args]
struct Wish {
    bytes: u64,
}

/// Asks for random bytes, once.
#[task]
fn random_bytes(wish: Wish) -> usize {
    random::get_random_bytes(wish.bytes).len()
}

/// Asks for random bytes of the cheap kind, once.
#[task]
fn insecure_random_bytes(wish: Wish) -> usize {
    insecure::get_insecure_random_bytes(wish.bytes).len()
}

/// Asks for as many random bytes as it gets, for ever.
#[task]
fn random_for_ever(wish: Wish) {
    loop {
        hint::black_box(random::get_random_bytes(wish.bytes));
    }
}

/// Looks for anything that the host's own environment may have left.
#[task]
fn environment() {
    let variables = environment::get_environment();
    assert!(variables.is_empty(), "the host let through: {} variables", variables.len());
    let arguments = environment::get_arguments();
    assert!(arguments.len() <= 1, "the host let through: {} arguments", arguments.len());
    assert_eq!(environment::initial_cwd(), None, "the host let through: its folder");
    assert!(preopens::get_directories().is_empty(), "the host let through: a directory");
}
