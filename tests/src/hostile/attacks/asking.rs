//! What the host is made to do.

use super::{Attack, hostile};

pub(super) fn attacks() -> Vec<Attack> {
    let mut attacks = huge_texts();
    attacks.extend(waits());
    attacks.extend(streams());
    attacks
}

/// 64 MiB at once for every function of the host that takes a text or bytes.
fn huge_texts() -> Vec<Attack> {
    let huge = |name, about, ear: &str| {
        let args = format!("args = {{ to = \"{ear}\", bytes = 67_108_864 }}");
        let task = hostile("shout", &["trapped"]).with(&args).memory(200).patient();
        Attack::by(name, about, task)
    };
    vec![
        huge("huge-message", "logs a message of 64 MiB", "message"),
        huge("huge-target", "logs with a target of 64 MiB", "target"),
        huge("huge-note", "tells its progress in a note of 64 MiB", "note"),
        huge("huge-panic", "panics with a text of 64 MiB", "panic"),
        huge("huge-write", "writes 64 MiB to its standard output at once", "stdout"),
        huge("huge-path", "opens a path of 64 MiB", "path").within(|_| {}),
        huge("huge-link", "makes a link to a path of 64 MiB", "link_target").within(|_| {}),
        huge("huge-name", "has a name of 64 MiB looked up", "host_name"),
    ]
}

fn waits() -> Vec<Attack> {
    vec![
        Attack::by(
            "polls",
            "waits for 100,000 things at once",
            hostile("poll_many", &["trapped"]).with("args = { count = 100_000 }").patient(),
        ),
        Attack::by(
            "polls-allowed",
            "waits for 4,900 things at once, which its limits allow",
            hostile("poll_many", &["timed_out"])
                .with("args = { count = 4_900 }\nlimits.resources = 10_000"),
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
    ]
}

fn streams() -> Vec<Attack> {
    vec![
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
