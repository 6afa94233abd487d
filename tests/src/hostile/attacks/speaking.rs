//! What is said, and how much of it.

use super::{Attack, hostile, unruly};

/// Nobody decides about what would not follow anyway.
const TWICE: &str = r#"retry = { max_attempts = 2, delay = "0s" }"#;

pub(super) fn attacks() -> Vec<Attack> {
    let flood = |args: &str| {
        hostile("flood_log", &["timed_out"]).memory(32).with(&format!("args = {{ {args} }}"))
    };
    vec![
        Attack::by("log-flood", "logs small entries for ever", flood("message = 10")),
        Attack::by(
            "log-flood-large",
            "logs entries of 900 KiB for ever",
            flood("message = 900_000"),
        ),
        Attack::by(
            "log-flood-lines",
            "logs entries of 900,000 line breaks for ever",
            flood("message = 900_000, lines = true"),
        ),
        Attack::by(
            "log-flood-targets",
            "logs entries for ever whose targets have 900 KiB",
            flood("target = 900_000"),
        ),
        Attack::by(
            "long-line",
            "writes a single line for ever",
            hostile("flood_stdout", &["timed_out"]),
        ),
        Attack::by(
            "empty-lines",
            "writes a GB of short lines to its standard output",
            unruly("flood", &["timed_out"]).with("args = { bytes = 1_000_000_000 }").because(""),
        ),
        Attack::by(
            "progress-flood",
            "tells its progress for ever",
            hostile("flood_progress", &["timed_out"]),
        ),
        Attack::by(
            "checkpoint-flood",
            "saves checkpoints of 250 KiB for ever",
            hostile("flood_checkpoints", &["timed_out"]),
        ),
        Attack::by(
            "decision-spins",
            "fails, and never decides what follows",
            hostile("undecided", &["failed"]).with(TWICE).patient(),
        ),
        Attack::by(
            "decision-memory",
            "fails, and takes all memory to decide what follows",
            hostile("undecided_hoarder", &["failed"]).with(TWICE).patient(),
        ),
        Attack::by(
            "forgery",
            "says terminal escapes, line breaks and reordered text wherever it can",
            unruly("escape", &["failed"]).patient(),
        ),
        Attack::by(
            "forged-panic",
            "panics with a text that forges lines 4,000 times over",
            unruly("panic", &["trapped"])
                .with(&format!("args = {{ message = \"{}\" }}", "x\\r\\n\\u001b[2J".repeat(4_000)))
                .patient(),
        ),
    ]
}
