//! Ends that are none, or not the ones that were promised.

use std::process;

use horarium_sdk::prelude::*;

/// What to say last.
#[args]
struct LastWords {
    #[serde(default = "LastWords::message")]
    message: String,
}

impl LastWords {
    fn message() -> String {
        "out of luck".to_owned()
    }
}

/// Panics.
#[task]
fn panic(last_words: LastWords) {
    give_up(&last_words.message);
}

/// A frame of its own, to be found in the backtrace.
#[inline(never)]
fn give_up(message: &str) {
    panic!("{message}");
}

/// How to exit.
#[args]
struct Exit {
    code: i32,
}

/// Exits as if it were a program.
#[task]
fn exit(exit: Exit) {
    process::exit(exit.code);
}

/// How much to return.
#[args]
struct Length {
    bytes: usize,
}

/// Returns a text of this length; its JSON has two quotes more.
#[task]
fn output(length: Length) -> String {
    "x".repeat(length.bytes)
}
