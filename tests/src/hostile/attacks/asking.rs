//! What the host is made to do.

use super::{Attack, hostile};

/// Whoever takes a text or bytes, by the name that the guest has for it.
const EARS: [&str; 8] =
    ["message", "target", "note", "panic", "stdout", "path", "link_target", "host_name"];

pub(super) fn attacks() -> Vec<Attack> {
    let shout = |to: &&str| {
        hostile("shout", &["trapped"])
            .with(&format!("args = {{ to = \"{to}\", bytes = 67_108_864 }}"))
            .memory(200)
            .patient()
    };
    vec![
        Attack::by_all(
            "huge-texts",
            "hands 64 MiB at once to every function of the host that takes a text",
            EARS.iter().map(shout).collect(),
        )
        .within(|_| {}),
        Attack::by(
            "polls",
            "waits for 100,000 things at once",
            hostile("poll_many", &["trapped"]).with("args = { count = 100_000 }").patient(),
        ),
        Attack::by(
            "polls-allowed",
            "waits for 9,000 things at once, which its limits allow",
            hostile("poll_many", &["timed_out", "trapped"])
                .with("args = { count = 9_000 }\nlimits.resources = 10_000"),
        ),
        Attack::by(
            "poll-same",
            "waits for the same thing 9,000 times over, for ever",
            hostile("poll_same", &["timed_out"]).with("args = { count = 9_000 }"),
        ),
        Attack::by(
            "poll-nothing",
            "waits for nothing at all, which the contract forbids",
            hostile("poll_nothing", &["trapped"]).patient(),
        ),
        Attack::by(
            "end-of-time",
            "waits for the end of time",
            hostile("wait_for_ever", &["timed_out"]),
        ),
        Attack::by(
            "never-wait",
            "waits for what has happened already, for ever",
            hostile("never_wait", &["timed_out"]),
        ),
        Attack::by(
            "stdin",
            "reads from its standard input for ever",
            hostile("read_stdin", &["succeeded"]).patient(),
        ),
        Attack::by(
            "splice",
            "has the host copy between its streams for ever",
            hostile("splice", &["timed_out"]),
        ),
        Attack::by(
            "zeroes",
            "has the host write 16 EiB of zeroes",
            hostile("write_zeroes", &["trapped"])
                .with("args = { bytes = 9_223_372_036_854_775_807 }")
                .patient(),
        ),
        Attack::by(
            "zeroes-for-ever",
            "has the host write as many zeroes as it takes, for ever",
            hostile("zeroes_for_ever", &["timed_out"]),
        ),
        Attack::by_all(
            "random",
            "asks for 8 EiB of random bytes",
            ["random_bytes", "insecure_random_bytes"]
                .map(|function| {
                    hostile(function, &["trapped"])
                        .with("args = { bytes = 9_223_372_036_854_775_807 }")
                        .patient()
                })
                .to_vec(),
        ),
        Attack::by(
            "random-for-ever",
            "asks for a MiB of random bytes, for ever",
            hostile("random_for_ever", &["timed_out"]).with("args = { bytes = 1_048_576 }"),
        ),
    ]
}
