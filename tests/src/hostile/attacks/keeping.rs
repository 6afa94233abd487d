//! Instances that are kept for the next run, and what is left in them.

use super::{Attack, Task, hostile};
use crate::hostile::server::Server;

pub(super) fn attacks() -> Vec<Attack> {
    let url = format!("http://{}/drip", Server::running().granted);
    let grant = format!("args = {{ url = \"{url}\" }}\ngrants.http = [\"{url}\"]");
    vec![
        Attack::by(
            "kept-runs",
            "serves more runs than its instance is kept for",
            hostile("outlive", &["succeeded"]).with("instance = { reuse = 3 }").patient(),
        ),
        Attack::by(
            "kept-memory",
            "leaves memory from run to run",
            kept("leave_memory", &["succeeded", "out_of_memory"]),
        ),
        Attack::by(
            "kept-polls",
            "leaves things to wait for from run to run",
            kept("leave_polls", &["succeeded", "trapped"]),
        ),
        Attack::by(
            "kept-connections",
            "leaves connections from run to run",
            kept("leave_connections", &["succeeded"]).with(&grant),
        ),
    ]
}

fn kept(function: &'static str, ends: &'static [&'static str]) -> Task {
    hostile(function, ends).with("instance = { reuse = 1000 }").patient()
}
