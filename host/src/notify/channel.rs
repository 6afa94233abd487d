//! Where people hear of tasks.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use horarium_core::{
    alert::{Alert, Conditions},
    grants::Secret,
    name::{ChannelName, TaskName},
};
use hyper::HeaderMap;
use lettre::message::Mailbox;
use url::{Host, Url};

use super::pattern::Pattern;

/// A way to people, and what they want to hear.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Channel {
    pub(crate) name: ChannelName,
    pub(crate) way: Way,
    /// Of what.
    pub(crate) conditions: Conditions,
    /// Whether of the end of that as well.
    pub(crate) recoveries: bool,
    /// Of which tasks; of all, where this is empty.
    pub(crate) tasks: Vec<Pattern>,
    /// For how long an alert is tried to be delivered.
    pub(crate) give_up: Duration,
}

/// How an alert comes there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Way {
    /// An HTTP request.
    Webhook(Webhook),
    /// A mail.
    Email(Email),
    /// A task whose arguments it is.
    Task(TaskName),
}

/// An endpoint that takes alerts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Webhook {
    /// Where. Its path may be all that keeps others from it, so it is not shown.
    pub(crate) url: Endpoint,
    /// What requests are signed with.
    pub(crate) secret: Option<Secret>,
    /// Beside those that every request has; values may be secrets.
    pub(crate) headers: HeaderMap,
    /// Certificates to trust instead of the system's.
    pub(crate) ca: Option<PathBuf>,
}

/// A URL that prints without what may be secret in it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint(pub(crate) Url);

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.0.host_str().unwrap_or_default())?;
        self.0.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// A mail server, and who writes to whom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Email {
    pub(crate) host: String,
    /// The usual one, where none.
    pub(crate) port: Option<u16>,
    pub(crate) encryption: Encryption,
    /// Certificates to trust instead of the system's.
    pub(crate) ca: Option<PathBuf>,
    pub(crate) login: Option<Login>,
    pub(crate) from: Mailbox,
    pub(crate) to: Vec<Mailbox>,
}

/// Who sends mail.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Secret,
}

/// What keeps others from reading a mail on its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// TLS from the beginning, which `smtps` stands for.
    Tls,
    /// TLS once both have greeted each other; no mail without it.
    StartTls,
    /// Nothing, since the server is on this machine, or somebody wants it so.
    None,
}

impl Channel {
    /// For how long an alert is tried to be delivered, where nothing else is said.
    pub(crate) const GIVE_UP: Duration = Duration::from_secs(24 * 3600);

    /// Whether an alert goes there. None about a task that brings alerts goes to such a task:
    /// that might not end.
    pub(crate) fn wants(&self, alert: &Alert, handlers: &[TaskName]) -> bool {
        let is_its_own = self.way.handler().is_some() && handlers.contains(&alert.task);
        let is_of_task = || self.tasks.iter().any(|it| it.matches(alert.task.as_str()));
        self.conditions.has(alert.condition)
            && (alert.raised || self.recoveries)
            && (self.tasks.is_empty() || is_of_task())
            && !is_its_own
    }
}

impl Way {
    /// What kind it is, in a word.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Email(_) => "email",
            Self::Task(_) => "task",
        }
    }

    /// The task that it is.
    pub(crate) const fn handler(&self) -> Option<&TaskName> {
        match self {
            Self::Task(task) => Some(task),
            Self::Webhook(_) | Self::Email(_) => None,
        }
    }

    /// Where it leads, without what is secret.
    pub(crate) fn to(&self) -> String {
        match self {
            Self::Webhook(webhook) => webhook.url.to_string(),
            Self::Email(email) => {
                let all: Vec<_> = email.to.iter().map(|to| to.email.to_string()).collect();
                all.join(", ")
            }
            Self::Task(task) => task.to_string(),
        }
    }
}

/// Whether a URL's host is this machine.
pub(crate) fn is_here(url: &Url) -> bool {
    match url.host() {
        // Of a scheme that browsers don't know, an address is a name.
        Some(Host::Domain(name)) => {
            let address = name.parse::<IpAddr>();
            name == "localhost" || address.is_ok_and(|address| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use horarium_core::alert::{AlertId, Condition};
    use jiff::Timestamp;

    use super::*;

    fn channel(way: Way, conditions: &[Condition], recoveries: bool, tasks: &[&str]) -> Channel {
        Channel {
            name: "ops".parse().unwrap(),
            way,
            conditions: conditions.iter().copied().collect(),
            recoveries,
            tasks: tasks.iter().map(|task| task.parse().unwrap()).collect(),
            give_up: Channel::GIVE_UP,
        }
    }

    fn alert(task: &str, condition: Condition, raised: bool) -> Alert {
        Alert {
            alert: AlertId(1),
            task: task.parse().unwrap(),
            condition,
            raised,
            at: Timestamp::UNIX_EPOCH,
            since: None,
            run: None,
            reason: None,
        }
    }

    #[test]
    fn a_channel_hears_what_it_wants() {
        use Condition::{Failure, Skip};
        let handler = || Way::Task("page".parse().unwrap());
        let all = channel(handler(), &Condition::ALL, true, &[]);
        let some = channel(handler(), &[Failure], false, &["db-*", "web"]);
        for (task, condition, raised, wanted) in [
            ("db-backup", Failure, true, true),
            ("web", Failure, true, true),
            ("web", Failure, false, false),
            ("web", Skip, true, false),
            ("website", Failure, true, false),
        ] {
            let alert = alert(task, condition, raised);
            assert!(all.wants(&alert, &[]));
            assert_eq!(some.wants(&alert, &[]), wanted, "{alert:?}");
        }
        // What is wrong with who brings the alerts is for others to bring.
        let handlers = ["page", "pager"].map(|task| task.parse().unwrap());
        assert!(!all.wants(&alert("page", Failure, true), &handlers));
        assert!(!all.wants(&alert("pager", Failure, true), &handlers));
        let url = Endpoint("https://hooks.example".parse().unwrap());
        let webhook = Webhook { url, secret: None, headers: HeaderMap::new(), ca: None };
        let webhook = channel(Way::Webhook(webhook), &Condition::ALL, true, &[]);
        assert!(webhook.wants(&alert("page", Failure, true), &handlers));
    }

    #[test]
    fn what_is_secret_of_a_url_is_not_shown() {
        let url =
            Endpoint("https://hooks.example:8443/services/T0/B1/xyz?key=abc".parse().unwrap());
        assert_eq!(url.to_string(), "https://hooks.example:8443");
        assert_eq!(format!("{url:?}"), "https://hooks.example:8443");
    }
}
