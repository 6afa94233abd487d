//! What lies outside of the sandbox, and was not granted.

use super::{Attack, hostile};

pub(super) fn attacks() -> Vec<Attack> {
    let refused = |function| hostile(function, &["succeeded"]).patient();
    vec![
        Attack::by(
            "environment",
            "looks for variables, arguments, folders that it was not given",
            refused("environment"),
        ),
        Attack::by(
            "connect",
            "connects to loopback, link-local, private, mapped and public addresses",
            refused("connect").with("args = { port = 22 }"),
        ),
        Attack::by("listen", "listens for connections on any address", refused("listen")),
        Attack::by(
            "datagrams",
            "sends datagrams to the same addresses",
            refused("send").with("args = { port = 53 }"),
        ),
        Attack::by("lookup", "has names looked up, which tells them to others", refused("resolve")),
    ]
}
