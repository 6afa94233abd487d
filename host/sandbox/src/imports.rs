//! What a plugin's imports are for, in the words of a configuration.

use horarium_core::{
    grants::{Grants, Stdin},
    text,
};
use wasmtime::{Engine, component::Component};

use crate::error::LoadError;

/// Imports that an error names.
const SHOWN: usize = 8;

/// Something that guests can do, as far as it is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Saying what happens and how far it is.
    Report,
    /// Leaving something to the next attempt.
    Checkpoints,
    /// Keeping something from one run to the next.
    State,
    /// Starting runs of other tasks.
    Tasks,
    /// Standard output and standard error, which are part of the log.
    Output,
    /// Waiting, streams, ending.
    Basics,
    /// Telling the time.
    Clocks,
    /// Random bytes.
    Random,
    /// The environment, and arguments as programs have them.
    Environment,
    /// Standard input.
    Stdin,
    /// Files and directories.
    Files,
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
    /// Looking up names, and what both kinds of sockets need.
    Names,
    /// HTTP requests.
    Http,
}

impl Capability {
    /// What an interface is for; none where this host does not have it.
    #[must_use]
    pub fn of(import: &str) -> Option<Self> {
        let (package, interface, version) = split(import)?;
        match package {
            "horarium:task" if version.starts_with("0.1.") => match interface {
                "checkpoint" => Some(Self::Checkpoints),
                "state" => Some(Self::State),
                "tasks" => Some(Self::Tasks),
                _ => Some(Self::Report),
            },
            _ if !version.starts_with("0.2.") => None,
            "wasi:io" => Some(Self::Basics),
            "wasi:clocks" => Some(Self::Clocks),
            "wasi:random" => Some(Self::Random),
            "wasi:filesystem" => Some(Self::Files),
            "wasi:cli" => match interface {
                "environment" => Some(Self::Environment),
                "exit" => Some(Self::Basics),
                "stdin" | "terminal-input" | "terminal-stdin" => Some(Self::Stdin),
                "stdout" | "stderr" | "terminal-output" | "terminal-stdout" | "terminal-stderr" => {
                    Some(Self::Output)
                }
                _ => None,
            },
            "wasi:http" => match interface {
                "types" | "outgoing-handler" => Some(Self::Http),
                _ => None,
            },
            "wasi:sockets" => match interface {
                "tcp" | "tcp-create-socket" => Some(Self::Tcp),
                "udp" | "udp-create-socket" => Some(Self::Udp),
                "ip-name-lookup" | "network" | "instance-network" => Some(Self::Names),
                _ => None,
            },
            _ => None,
        }
    }

    /// It in a word or two.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Report => "log and progress",
            Self::Checkpoints => "checkpoints",
            Self::State => "state",
            Self::Tasks => "starting tasks",
            Self::Output => "standard output and error",
            Self::Basics => "streams and waiting",
            Self::Clocks => "clocks",
            Self::Random => "random bytes",
            Self::Environment => "environment",
            Self::Stdin => "standard input",
            Self::Files => "files",
            Self::Tcp => "network: TCP",
            Self::Udp => "network: UDP",
            Self::Names => "network: names",
            Self::Http => "network: HTTP requests",
        }
    }

    /// The keys of a task that grant it; none where every guest has it.
    #[must_use]
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Report
            | Self::Checkpoints
            | Self::State
            | Self::Output
            | Self::Basics
            | Self::Clocks
            | Self::Random => &[],
            Self::Tasks => &["grants.tasks"],
            Self::Environment => &["grants.env"],
            Self::Stdin => &["grants.stdin"],
            Self::Files => &["grants.dirs"],
            Self::Tcp => &["grants.tcp"],
            Self::Udp => &["grants.udp"],
            Self::Names => &["grants.tcp", "grants.udp"],
            Self::Http => &["grants.http"],
        }
    }

    /// Whether a guest with these grants gets anything by it.
    #[must_use]
    pub fn is_granted(self, grants: &Grants) -> bool {
        match self {
            Self::Report
            | Self::Checkpoints
            | Self::State
            | Self::Output
            | Self::Basics
            | Self::Clocks
            | Self::Random => true,
            Self::Tasks => !grants.tasks.is_empty(),
            Self::Environment => !grants.env.variables().is_empty(),
            Self::Stdin => grants.stdin != Stdin::Empty,
            Self::Files => !grants.dirs.is_empty(),
            Self::Tcp => !grants.tcp.is_empty(),
            Self::Udp => !grants.udp.is_empty(),
            Self::Names => !(grants.tcp.is_empty() && grants.udp.is_empty()),
            Self::Http => !grants.http.is_empty(),
        }
    }
}

/// Package, interface and version of `package/interface@version`.
fn split(import: &str) -> Option<(&str, &str, &str)> {
    let (name, version) = import.split_once('@')?;
    let (package, interface) = name.split_once('/')?;
    Some((package, interface, version))
}

/// What is known of interfaces that this host does not have.
fn stranger(name: &str) -> Option<&'static str> {
    let (package, interface, version) = split(name).unwrap_or((name, "", ""));
    Some(match (package, interface) {
        ("wasi:http", "incoming-handler" | "handler") => {
            "it answers HTTP requests; a plugin is called by a schedule"
        }
        _ if package.starts_with("wasi:") && version.starts_with("0.3.") => {
            "WASI 0.3; this host has 0.2, which `wasm32-wasip2` builds for"
        }
        ("wasi:nn", _) => "machine learning",
        ("wasi:keyvalue" | "wasi:blobstore" | "wasi:sql", _) => "storage outside of the guest",
        ("wasi:messaging", _) => "message queues",
        ("wasi:config", _) => "configuration; give the task arguments or `grants.env`",
        ("wasi:logging", _) => "a log; print, or use `horarium:task/log`",
        ("wasi:tls", _) => "TLS by the host",
        ("wasi:webgpu" | "wasi:graphics-context" | "wasi:surface", _) => "graphics",
        ("wasi:threads", _) => "threads; a guest has one",
        _ if package.starts_with("fermyon:") || package.starts_with("spin:") => {
            "made for Fermyon Spin"
        }
        _ if package.starts_with("wasmcloud:") => "made for wasmCloud",
        _ => return None,
    })
}

/// A name with what is known of it, made fit to be shown.
pub(crate) fn explained(name: &str) -> String {
    let shown = text::shown(name, 256);
    match stranger(name) {
        Some(what) => format!("{shown} ({what})"),
        None => shown,
    }
}

/// Why a component can't be linked.
pub(crate) fn refusal(
    engine: &Engine,
    component: &Component,
    reason: &wasmtime::Error,
) -> LoadError {
    let ty = component.component_type();
    let strangers = ty.imports(engine).map(|(name, _)| name.to_owned());
    let mut strangers = strangers.filter(|name| Capability::of(name).is_none());
    let mut shown: Vec<_> = strangers.by_ref().take(SHOWN).map(|name| explained(&name)).collect();
    match strangers.count() {
        0 => {}
        more => shown.push(format!("{more} more")),
    }
    if shown.is_empty() {
        // A known interface of another shape.
        shown.push(text::shown(&format!("{reason:#}"), 1 << 10));
    }
    LoadError::UnknownImport(shown.join(", "))
}

#[cfg(test)]
mod tests {
    use horarium_core::grants::{DirAccess, DirGrant};

    use super::*;

    #[test]
    fn imports_are_told_by_what_they_are_for() {
        for (import, capability) in [
            ("horarium:task/log@0.1.0", Some(Capability::Report)),
            ("horarium:task/state@0.1.0", Some(Capability::State)),
            ("horarium:task/tasks@0.1.0", Some(Capability::Tasks)),
            ("wasi:sockets/tcp@0.2.6", Some(Capability::Tcp)),
            ("wasi:http/outgoing-handler@0.2.4", Some(Capability::Http)),
            ("wasi:http/incoming-handler@0.2.4", None),
            ("wasi:sockets/udp-create-socket@0.2.0", Some(Capability::Udp)),
            ("wasi:sockets/ip-name-lookup@0.2.12", Some(Capability::Names)),
            ("wasi:filesystem/types@0.2.0", Some(Capability::Files)),
            ("wasi:cli/terminal-stdin@0.2.0", Some(Capability::Stdin)),
            ("wasi:filesystem/types@0.3.0", None),
            ("wasi:cli/run@0.2.0", None),
            ("wasi:nn/inference@0.2.0-rc", None),
            ("acme:mail/send@1.0.0", None),
            ("f", None),
        ] {
            assert_eq!(Capability::of(import), capability, "{import}");
        }
    }

    #[test]
    fn what_is_known_of_a_stranger_is_said() {
        assert!(explained("wasi:clocks/types@0.3.0").contains("WASI 0.3"));
        assert!(explained("wasi:http/incoming-handler@0.2.3").contains("by a schedule"));
        assert_eq!(explained("acme:mail/send@1.0.0"), "acme:mail/send@1.0.0");
        assert_eq!(explained("a\u{1b}"), "a\\u{1b}");
    }

    #[test]
    fn without_grants_there_is_what_everybody_has() {
        let none = Grants::default();
        assert!(Capability::Clocks.is_granted(&none));
        for denied in [Capability::Files, Capability::Tcp, Capability::Names, Capability::Stdin] {
            assert!(!denied.is_granted(&none));
            assert!(!denied.keys().is_empty());
        }
        let grants = Grants {
            dirs: vec![DirGrant {
                host: "/a".into(),
                guest: "/a".to_owned(),
                access: DirAccess::ReadOnly,
            }],
            udp: vec!["10.0.0.1:53".parse().unwrap()],
            ..none
        };
        assert!(Capability::Files.is_granted(&grants) && Capability::Names.is_granted(&grants));
        assert!(Capability::Udp.is_granted(&grants) && !Capability::Tcp.is_granted(&grants));
    }
}
