//! Files that are made to break the compiler, or what comes before it.

use super::Attack;
use crate::{bomb, hostile::frame::plugin};

pub(super) fn attacks() -> Vec<Attack> {
    let file =
        |name: &'static str, about, complaint| Attack::file(name, about, plugin(name), complaint);
    let not_wasi = "can't be made one";
    vec![
        Attack::file(
            "slow-bomb",
            "100 KB that take minutes to compile",
            bomb::component(30, 100, 300),
            "longer than 1s to compile",
        ),
        Attack::file(
            "slow-program",
            "the same as a module for WASI preview 1",
            bomb::program(30, 100, 300),
            "longer than 1s to compile",
        ),
        Attack::file(
            "large-bomb",
            "a function that takes gigabytes to compile",
            bomb::component(1, 1_000, 20_000),
            "needs more than 1.0 GiB",
        ),
        file("module-false-start", "a module that wants to be started with something", "_start"),
        file("module-false-import", "a module that imports WASI with other types", not_wasi),
        file("module-false-type", "a module whose own word on its type is noise", not_wasi),
        file("module-deep-type", "a module whose own word on its type has no end", not_wasi),
        file("false-guest", "speaks the contract with other types", ""),
        file("later-guest", "speaks a contract that nobody has written yet", "99.0.0"),
        Attack::harmless(
            "false-program",
            "a program that takes and returns something",
            plugin("false-program"),
        ),
        file("false-import", "imports what the host has, with another type", "monotonic-clock"),
    ]
}
