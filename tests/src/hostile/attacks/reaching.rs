//! What lies outside of the sandbox, and was not granted.

use std::{net::TcpListener, sync::OnceLock};

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
            refused("connect").with(&format!("args = {{ port = {} }}", port())),
        ),
        Attack::by(
            "connect-by-name",
            "connects to the same addresses, of which one has a name that was granted",
            refused("connect").with(&format!(
                "args = {{ port = {0} }}\ngrants.tcp = [\"localhost:{0}\"]",
                port()
            )),
        ),
        Attack::by(
            "connect-beside",
            "connects to the same addresses, with a grant for others",
            refused("connect").with(&format!(
                "args = {{ port = {0} }}\n\
                 grants.tcp = [\"192.0.2.7:*\", \"[2001:db8::1]:{0}\", \"127.0.0.1:9\"]",
                port()
            )),
        ),
        Attack::by("listen", "listens for connections on any address", refused("listen")),
        Attack::by(
            "datagrams",
            "sends datagrams to the same addresses",
            refused("send").with(&format!("args = {{ port = {} }}", port())),
        ),
        Attack::by("lookup", "has names looked up, which tells them to others", refused("resolve")),
        Attack::by(
            "lookup-beside",
            "has names looked up beside the one that was granted",
            refused("resolve").with("grants.tcp = [\"granted.example.com:443\"]"),
        ),
    ]
}

/// A port of this machine's at which somebody would answer, in both families.
fn port() -> u16 {
    static SOMEBODY: OnceLock<TcpListener> = OnceLock::new();
    let somebody = SOMEBODY.get_or_init(|| {
        let both = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"));
        both.expect("a port is free")
    });
    somebody.local_addr().expect("it is bound").port()
}
