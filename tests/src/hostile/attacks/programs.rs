//! Programs, of which some are modules for WASI preview 1.

use super::{Attack, Task, text};

pub(super) fn attacks() -> Vec<Attack> {
    let by = |name, about, ends: &'static [&'static str], because| {
        Attack::by(name, about, text(name, ends).because(because).patient())
    };
    vec![
        Attack::by_all(
            "program-ends",
            "exits with 255, panics, and takes all memory",
            vec![
                program("\"exit\", 255", &["failed"]).because("exit code").patient(),
                program("\"panic\"", &["trapped"]).patient(),
                program("\"hoard\"", &["out_of_memory"]).patient(),
            ],
        ),
        Attack::by("program-spins", "computes for ever", program("\"spin\"", &["timed_out"])),
        by("program-exits", "exits with a code that is no byte", &["failed"], "exit code 1"),
        by("program-neither", "ends with neither success nor failure", &["failed"], "discriminant"),
        Attack::by(
            "module-floods",
            "writes to its standard output for ever",
            text("module-floods", &["timed_out"]),
        ),
        by(
            "module-forges",
            "exits with a last line that clears the screen",
            &["failed"],
            "\\u{1b}[2J",
        ),
        by("module-exits", "exits with 4 billion", &["failed"], "exit code"),
        by("module-wild-pieces", "writes 134 million pieces from nowhere", &["trapped"], ""),
        by("module-long-piece", "writes a piece of 4 GiB", &["trapped"], ""),
        by("module-polls", "waits for 40 million things", &["trapped"], ""),
        by("module-random", "asks for a GiB of random bytes", &["trapped"], ""),
        by("module-no-room", "has no room for the adapter", &["trapped", "out_of_memory"], ""),
        Attack::by(
            "module-start-spins",
            "computes for ever before it has begun",
            text("module-start-spins", &["timed_out"]),
        ),
    ]
}

fn program(words: &str, ends: &'static [&'static str]) -> Task {
    Task::new("program", "run", ends).with(&format!("args = [{words}]"))
}
