//! Memory, and what else an instance consists of.

use super::{Attack, hostile, text, unruly};

pub(super) fn attacks() -> Vec<Attack> {
    vec![
        Attack::by(
            "grow",
            "takes memory by the MiB until there is none",
            unruly("grow", &["out_of_memory"]).patient(),
        ),
        Attack::by(
            "grow-slowly",
            "takes memory by 48 bytes until there is none",
            hostile("grow_slowly", &["out_of_memory"]).patient(),
        ),
        Attack::by(
            "grow-in-vain",
            "asks for a GiB for ever, and takes no for an answer",
            hostile("grow_in_vain", &["timed_out"]),
        ),
        Attack::by(
            "initial-memory",
            "needs three times its memory to begin with",
            text("initial-memory", &["failed", "out_of_memory"]),
        ),
        Attack::by(
            "table-growth",
            "grows its table until it can't, and then for ever",
            text("table-growth", &["timed_out"]),
        ),
        Attack::by(
            "handles",
            "takes handles on a resource of its own, and gives none back",
            text("handles", &["trapped"]).patient(),
        ),
        Attack::by(
            "polls-leaked",
            "takes things to wait for, and gives none back",
            hostile("leak_polls", &["trapped"]).patient(),
        ),
        Attack::by(
            "streams-leaked",
            "takes handles on its standard streams, and gives none back",
            hostile("leak_streams", &["trapped"]).patient(),
        ),
    ]
}
