//! The network, of which something was granted.

use super::{Attack, Task, hostile};
use crate::hostile::server::Server;

pub(super) fn attacks() -> Vec<Attack> {
    [servers(), beside(), budgets(), sockets()].concat()
}

/// A server that was granted, and means harm.
fn servers() -> Vec<Attack> {
    let unruly = |name, about, paths: &[&str]| {
        let task = |path: &&str| to(path, "unruly_server", &["succeeded"]).patient();
        Attack::by_all(name, about, paths.iter().map(task).collect())
    };
    vec![
        Attack::by(
            "web-endless",
            "reads a body that has no end",
            to("endless", "endless", &["succeeded"]).patient(),
        ),
        Attack::by(
            "web-drip",
            "reads a body that comes a byte at a time",
            to("drip", "drip", &["timed_out"]),
        ),
        Attack::by(
            "web-silent",
            "asks a server that never answers",
            to("silent", "unruly_server", &["timed_out"]),
        ),
        unruly(
            "web-headers",
            "asks a server whose headers have no end",
            &["headers", "long-header", "trailers"],
        ),
        unruly(
            "web-chunks",
            "asks a server whose chunks are none",
            &["extensions", "huge-chunk", "no-chunk"],
        ),
        unruly(
            "web-answers",
            "asks a server that says one thing and does another",
            &["short", "two-lengths", "not-http"],
        ),
        Attack::by(
            "web-interim",
            "asks a server that is about to answer, for ever",
            to("interim", "unruly_server", &["succeeded"]).patient(),
        ),
    ]
}

/// Who was not granted.
fn beside() -> Vec<Attack> {
    let Server { granted, beside } = Server::running();
    let args = format!("args = {{ url = \"http://{granted}\", beside = \"http://{beside}\" }}");
    let by =
        |function, grant: &str| hostile(function, &["succeeded"]).with(&args).with(grant).patient();
    let paths = format!("grants.http = [\"http://{granted}/public\", \"http://{granted}/to\"]");
    let elsewhere = "grants.http = [\"http://granted.example.com\"]";
    vec![
        Attack::by(
            "web-redirect",
            "follows redirects to private hosts, other schemes, and in circles",
            by("redirected", &paths),
        ),
        Attack::by(
            "web-paths",
            "words its requests so that they may lead beside the granted path",
            by("beside_the_path", &paths),
        ),
        Attack::by(
            "web-hosts",
            "asks this machine by all of its names, with a grant for another",
            by("beside_the_host", elsewhere),
        ),
    ]
}

/// More than anybody may have of what was granted.
fn budgets() -> Vec<Attack> {
    vec![
        Attack::by(
            "web-upload",
            "sends 32 MiB",
            to("sink", "upload", &["succeeded"]).memory(80).patient(),
        ),
        Attack::by(
            "web-crowd",
            "sends 1,001 requests",
            to("public", "crowd", &["succeeded"]).patient(),
        ),
        Attack::by(
            "web-hold",
            "holds 9 connections at once",
            to("drip", "hold", &["succeeded"]).patient(),
        ),
    ]
}

/// The same below HTTP.
fn sockets() -> Vec<Attack> {
    let addr = Server::running().granted;
    let granted = |function, ends| {
        let settings = format!(
            "args = {{ addr = \"{addr}\" }}\ngrants = {{ tcp = [\"{addr}\"], udp = [\"{addr}\"] }}"
        );
        hostile(function, ends).with(&settings)
    };
    vec![
        Attack::by(
            "stream-flood",
            "sends for ever to a server that doesn't listen",
            granted("flood_stream", &["timed_out"]),
        ),
        Attack::by(
            "stream-endless",
            "listens to a server that talks for ever",
            granted("swallow_stream", &["timed_out"]),
        ),
        Attack::by(
            "stream-leaked",
            "connects again and again, and never hangs up",
            granted("leak_connections", &["trapped"]).because("resource table").patient(),
        ),
        Attack::by(
            "datagram-flood",
            "sends datagrams for ever",
            granted("flood_datagrams", &["timed_out"]),
        ),
    ]
}

/// A task with a grant for this path.
fn to(path: &str, function: &'static str, ends: &'static [&'static str]) -> Task {
    let url = format!("http://{}/{path}", Server::running().granted);
    let grant = format!(
        "args = {{ url = \"{url}\" }}\ngrants.http = [{{ url = \"{url}\", methods = [\"GET\", \"POST\"] }}]"
    );
    hostile(function, ends).with(&grant)
}
