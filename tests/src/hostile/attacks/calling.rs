//! Functions of components that know nothing of tasks.

use super::{Attack, Task, text};

pub(super) fn attacks() -> Vec<Attack> {
    let by = |name, about, ends: &'static [&'static str], because| {
        Attack::by(name, about, lasting(text(name, ends)).because(because))
    };
    vec![
        by("call-list", "returns 64 MiB of numbers", &["failed"], "too much data"),
        by("call-records", "returns 42,000 records", &["failed"], "longer than its limit"),
        by(
            "call-deep",
            "returns 4,500 values that are 30 levels deep",
            &["failed"],
            "longer than its limit",
        ),
        by("call-wild", "returns a list that lies outside of its memory", &["failed"], "bounds"),
        by("call-no-char", "returns a character that does not exist", &["failed"], ""),
        by(
            "call-no-flag",
            "returns flags, truths and numbers with bits that they don't have",
            &["succeeded"],
            "",
        ),
        by("call-done-traps", "traps when it cleans up", &["trapped"], "unreachable"),
        by("call-drop-traps", "traps when its result is dropped", &["trapped"], "unreachable"),
        by("call-same-twice", "returns a resource twice over", &["failed"], ""),
        by("call-forges", "fails with words that clear the screen", &["failed"], "\\u{1b}[2J"),
        hasty("call-done-spins", "computes for ever when it cleans up"),
        hasty("call-drop-spins", "computes for ever when its result is dropped"),
        hasty("call-drops", "returns 9,000 resources that take their time to be dropped"),
    ]
}

fn lasting(task: Task) -> Task {
    task.memory(80).patient()
}

fn hasty(name: &'static str, about: &'static str) -> Attack {
    Attack::by(name, about, text(name, &["timed_out"]))
}
