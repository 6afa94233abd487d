//! Values that are none.

use super::{Attack, text};

pub(super) fn attacks() -> Vec<Attack> {
    let returns = |name, about| Attack::by(name, about, text(name, &["failed"]).patient());
    vec![
        returns("wild-pointer", "returns a text that lies outside of its memory"),
        returns("wild-length", "returns a text of 4 GiB − 1"),
        returns("wild-return", "returns from outside of its memory"),
        returns("not-utf8", "returns a text that is not UTF-8"),
        returns("no-such-case", "returns a case that its type does not have"),
        returns("not-json", "returns a text that is not JSON"),
        returns("deep-json", "returns JSON that is 100,000 levels deep"),
        returns("unaligned", "returns an address that is not aligned"),
        Attack::by(
            "wild-realloc",
            "gives the host an address outside of its memory to write to",
            text("wild-realloc", &["failed"]).patient(),
        ),
    ]
}
