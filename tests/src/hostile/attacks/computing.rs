//! Time on the processor, and time.

use super::{Attack, hostile, text, unruly};

pub(super) fn attacks() -> Vec<Attack> {
    vec![
        Attack::by("spin", "computes for ever", unruly("spin", &["timed_out"])),
        Attack::by(
            "spin-fuelled",
            "computes until its fuel is used up",
            unruly("spin", &["out_of_fuel"]).with("fuel = 50_000_000").patient(),
        ),
        Attack::by(
            "straight-line",
            "fills its memory 2,000 times over without a loop, a call or any other place to be stopped at",
            text("straight-line", &["timed_out"]).memory(64),
        ),
        Attack::by(
            "realloc-spins",
            "computes for ever when the host asks it for memory",
            text("realloc-spins", &["timed_out"]),
        ),
        Attack::by(
            "done-spins",
            "computes for ever after it has returned, when it may clean up",
            text("done-spins", &["timed_out"]),
        ),
        Attack::by(
            "recursion",
            "calls itself until the stack is full",
            unruly("recurse", &["trapped"]).because("call stack exhausted").patient(),
        ),
        Attack::by(
            "recursion-into-host",
            "calls itself until the stack is full, and the host at each step",
            hostile("recurse_and_call", &["trapped"]).because("call stack exhausted").patient(),
        ),
        Attack::by(
            "sleep",
            "sleeps for ever in the host",
            unruly("sleep", &["timed_out"]).with("args = { ms = 3_600_000_000 }"),
        ),
        Attack::by(
            "ask-the-time",
            "calls a cheap function of the host for ever",
            hostile("ask_the_time", &["timed_out"]),
        ),
    ]
}
