//! Ends that are none, or not the ones that were promised.

use super::{Attack, text, unruly};

pub(super) fn attacks() -> Vec<Attack> {
    let exit = |code: i64| {
        unruly("exit", &["failed"])
            .with(&format!("args = {{ code = {code} }}"))
            .because("instead of returning")
            .patient()
    };
    vec![
        Attack::by(
            "panic",
            "panics",
            unruly("panic", &["trapped"]).with("args = {}").because("panicked at").patient(),
        ),
        Attack::by_all(
            "exit",
            "exits as a program does, with 0, 1, 255 and −1",
            [0, 1, 255, -1].map(exit).to_vec(),
        ),
        Attack::by(
            "unreachable",
            "executes `unreachable`",
            text("unreachable", &["trapped"]).because("unreachable").patient(),
        ),
        Attack::by(
            "realloc-traps",
            "traps when the host asks it for memory",
            text("realloc-traps", &["trapped"]).because("unreachable").patient(),
        ),
        Attack::by(
            "done-traps",
            "traps after it has returned, when it may clean up",
            text("done-traps", &["trapped"]).because("unreachable").patient(),
        ),
        Attack::by(
            "destructor-traps",
            "traps in the destructor of a resource of its own",
            text("destructor-traps", &["trapped"]).because("unreachable").patient(),
        ),
        Attack::by(
            "output",
            "returns 64 MiB",
            text("output", &["failed"]).memory(80).because("too much data").patient(),
        ),
    ]
}
