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
    let shout = |ear: &str| {
        let args = format!("args = {{ to = {ear}, bytes = 67_108_864 }}");
        hostile("shout", &["trapped"]).with(&args).because("too much data").patient()
    };
    let huge = |name, about, ear: &str| Attack::by(name, about, shout(ear).memory(200));
    let all = |name, about, kind: &str, ears: &[&str]| {
        let task = |ear: &&str| {
            let task = shout(&format!("{{ {kind} = \"{ear}\" }}")).memory(80).once();
            task.with("grants.udp = [\"127.0.0.1:9\"]")
        };
        Attack::by_all(name, about, ears.iter().map(task).collect())
    };
    vec![
        huge("huge-message", "logs a message of 64 MiB", "\"message\""),
        huge("huge-target", "logs with a target of 64 MiB", "\"target\""),
        huge("huge-place", "logs from a place of 64 MiB", "\"place\""),
        huge("huge-note", "tells its progress in a note of 64 MiB", "\"note\""),
        huge("huge-panic", "panics with a text of 64 MiB", "\"panic\""),
        huge("huge-write", "writes 64 MiB to its standard output at once", "\"stdout\""),
        huge("huge-lookup", "has a name of 64 MiB looked up", "\"host_name\""),
        all(
            "huge-bytes",
            "hands 64 MiB to each other function that takes bytes",
            "bytes",
            &["stderr", "file", "datagram"],
        )
        .within(|_| {}),
        all(
            "huge-path",
            "hands a path of 64 MiB to each function that takes one",
            "path",
            &["open", "stat", "hash", "set_times", "read_link"],
        )
        .within(|_| {}),
        all(
            "huge-name",
            "makes and removes what has a name of 64 MiB",
            "path",
            &["create_directory", "remove_directory", "unlink", "symlink_target", "symlink_name"],
        )
        .within(|_| {}),
        all(
            "huge-rename",
            "renames and links from and to a name of 64 MiB",
            "path",
            &["link_from", "link_to", "rename_from", "rename_to"],
        )
        .within(|_| {}),
        all(
            "huge-header",
            "makes headers of 64 MiB",
            "http",
            &["header_name", "header_value", "header_list"],
        ),
        all(
            "huge-request",
            "makes a request of parts of 64 MiB",
            "http",
            &["method", "scheme", "authority", "path", "body"],
        ),
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
