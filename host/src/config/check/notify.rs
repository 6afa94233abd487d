//! Where people hear of tasks.

use std::{collections::BTreeMap, path::PathBuf};

use horarium_core::{
    alert::{Condition, Conditions},
    grants::{Secret, Visibility},
    name::{ChannelName, TaskName},
};
use hyper::{
    HeaderMap,
    header::{self, HeaderName, HeaderValue},
};
use lettre::message::Mailbox;
use url::Url;

use super::{
    super::{
        decode::At,
        elsewhere::EnvValue,
        notify::{EventWord, RawEmail, RawNotify, RawWebhook},
        problem::Problem,
        table::meant,
        territory::{self, NamedFile},
    },
    Checker, TaskDraft,
};
use crate::{
    notify::{Channel, Email, Encryption, Endpoint, Login, Pattern, Way, Webhook, is_here, key},
    outgoing,
};

const ELSEWHERE: &str = "write `{ from_env = \"NAME\" }` or `{ from_file = \"PATH\" }`";

/// What every request has of its own.
const OWN: [HeaderName; 5] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
];

impl Checker<'_> {
    pub(super) fn channels(&mut self, raw: &BTreeMap<String, At<RawNotify>>) -> Vec<Channel> {
        raw.iter().filter_map(|(name, raw)| self.channel(name, raw)).collect()
    }

    fn channel(&mut self, name: &str, at: &At<RawNotify>) -> Option<Channel> {
        let raw = &at.value;
        let name = self.name::<ChannelName>(&at.map(|_| name.to_owned()));
        if let Some(give_up) = raw.give_up.as_ref().filter(|at| at.value.is_zero()) {
            self.wrong(give_up, "nothing could arrive", "such as `\"24h\"`");
        }
        let (conditions, recoveries) = self.events(raw);
        let tasks = raw.tasks.iter().flat_map(|tasks| &tasks.value);
        let tasks: Vec<_> = tasks.filter_map(|task| self.pattern(task)).collect();
        if let Some(none) = raw.tasks.as_ref().filter(|tasks| tasks.value.is_empty()) {
            self.wrong(none, "it names no task", "leave it out, for all of them");
        }
        let way = self.way(at);
        Some(Channel {
            name: name?.value,
            way: way?,
            conditions,
            recoveries,
            tasks,
            give_up: raw.give_up.as_ref().map_or(Channel::GIVE_UP, |at| at.value),
        })
    }

    fn events(&mut self, raw: &RawNotify) -> (Conditions, bool) {
        let Some(on) = &raw.on else {
            let all = Condition::ALL.into_iter();
            return (all.filter(|condition| *condition != Condition::Skip).collect(), true);
        };
        let condition = |at: &At<EventWord>| match at.value {
            EventWord::Condition(condition) => Some(condition),
            EventWord::Recovery => None,
        };
        let conditions: Conditions = on.value.iter().filter_map(condition).collect();
        // A word that is none has been told.
        let below = format!("{}[", on.key);
        let is_told = self.problems.iter().any(|problem| problem.key.starts_with(&below));
        if conditions.is_empty() && !is_told {
            let help = "add `\"failure\"`, or leave it out";
            self.wrong(on, "there is nothing to tell, or to recover from", help);
        }
        (conditions, on.value.iter().any(|at| at.value == EventWord::Recovery))
    }

    fn pattern(&mut self, at: &At<String>) -> Option<Pattern> {
        match at.value.parse::<TaskName>() {
            // One that is named is meant.
            Ok(task) => self.mentioned.push(at.map(|_| task)),
            Err(_) if at.value.contains('*') => {}
            Err(reason) => {
                let message = format!("{:?} is no task's name: {reason}", at.value);
                self.wrong(at, message, "such as `\"backup\"`, or `\"backup-*\"`");
                return None;
            }
        }
        self.parsed(at, "such as `\"backup-*\"`")
    }

    fn way(&mut self, at: &At<RawNotify>) -> Option<Way> {
        match (&at.value.webhook, &at.value.email, &at.value.task) {
            (Some(webhook), None, None) => self.webhook(webhook).map(Way::Webhook),
            (None, Some(email), None) => self.email(email).map(Way::Email),
            (None, None, Some(task)) => {
                let task = self.name::<TaskName>(task)?;
                self.mentioned.push(task.clone());
                self.handlers.push(task.clone());
                Some(Way::Task(task.value))
            }
            (None, None, None) => {
                let help =
                    "add `webhook = { url = \"https://…\" }`, `email = { … }` or `task = \"…\"`";
                self.missing(at, "it says nowhere where alerts go", help);
                None
            }
            _ => {
                let message = "`webhook`, `email` and `task` exclude each other";
                self.wrong(
                    at,
                    message,
                    "keep one of them, and give the others channels of their own",
                );
                None
            }
        }
    }

    fn webhook(&mut self, at: &At<RawWebhook>) -> Option<Webhook> {
        let raw = &at.value;
        let Some(given) = &raw.url else {
            let help = "add `url = \"https://hooks.example.com/horarium\"`";
            self.missing(at, "it says nowhere where alerts are posted", help);
            return None;
        };
        let url = self.value(given).and_then(|text| self.web_url(given, &text));
        let secret = raw.secret.as_ref().and_then(|secret| self.secret(secret));
        if let Some((at, secret)) = raw.secret.as_ref().zip(secret.as_ref())
            && key(secret.reveal()).is_none()
        {
            let message = "it begins with `whsec_`, and what follows is no key as Base64";
            self.wrong(at, message, "such as one made by `openssl rand -base64 32`");
        }
        let in_the_clear = url.as_ref().is_some_and(|url| url.scheme() == "http" && !is_here(url));
        let mut headers = HeaderMap::new();
        for (name, value) in raw.headers.iter().flat_map(|headers| &headers.value) {
            if let Some((name, value)) = self.header(name, value, in_the_clear) {
                headers.insert(name, value);
            }
        }
        let ca = raw.ca.as_ref().and_then(|ca| self.roots(ca));
        Some(Webhook { url: Endpoint(url?), secret, headers, ca })
    }

    fn web_url(&mut self, at: &At<EnvValue>, text: &str) -> Option<Url> {
        const HELP: &str = "such as `\"https://hooks.example.com/horarium\"`";
        // It may be secret: nothing of it is repeated.
        let Ok(url) = text.parse::<Url>() else {
            self.wrong(at, "this is no URL", HELP);
            return None;
        };
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            self.wrong(at, "a webhook is reached by `http` or `https`", HELP);
            return None;
        }
        if !url.username().is_empty() || url.password().is_some() {
            let help = "put them into `headers = { Authorization = { from_env = \"NAME\" } }`";
            self.wrong(at, "a URL is no place for credentials", help);
            return None;
        }
        Some(url)
    }

    fn header(
        &mut self,
        name: &str,
        at: &At<EnvValue>,
        in_the_clear: bool,
    ) -> Option<(HeaderName, HeaderValue)> {
        let Ok(name) = name.parse::<HeaderName>() else {
            self.wrong(at, format!("{name:?} is no header's name"), "such as `Authorization`");
            return None;
        };
        if OWN.contains(&name) || name.as_str().starts_with("webhook-") {
            self.wrong(at, format!("every request has its own `{name}`"), "leave it out");
            return None;
        }
        let is_plain = matches!(at.value, EnvValue::Plain(_));
        if is_plain && name == header::AUTHORIZATION {
            self.wrong(at, "a credential can't stand in the configuration", ELSEWHERE);
            return None;
        }
        if !is_plain && in_the_clear {
            let message = "everybody on the way could read it";
            self.wrong(at, message, "take a URL that begins with `https`");
        }
        let value = self.value(at)?;
        let Ok(mut value) = HeaderValue::from_str(&value) else {
            self.wrong(at, "it has characters that no header has", "look at what it names");
            return None;
        };
        value.set_sensitive(!is_plain);
        Some((name, value))
    }

    fn email(&mut self, at: &At<RawEmail>) -> Option<Email> {
        let raw = &at.value;
        let (Some(server), Some(from), Some(to)) = (&raw.server, &raw.from, &raw.to) else {
            let help = "such as `{ server = \"smtps://mail.example.com\", from = \"cron@example.com\", to = [\"ops@example.com\"] }`";
            self.missing(at, "it takes `server`, `from` and `to`", help);
            return None;
        };
        if to.value.is_empty() {
            self.wrong(to, "it names nobody", "such as `[\"ops@example.com\"]`");
        }
        let url = self.mail_url(server);
        let from = self.mailbox(from);
        let to = to.value.iter().filter_map(|to| self.mailbox(to)).collect();
        let url = url?;
        let encryption = self.encryption(raw, &url);
        let login = match (&raw.user, &raw.password) {
            (None, None) => None,
            (Some(user), Some(password)) => {
                if encryption == Encryption::None && !is_here(&url) {
                    let message = "everybody on the way could read it";
                    self.wrong(password, message, "leave `starttls` out, or take `smtps`");
                }
                self.secret(password).map(|password| Login { user: user.value.clone(), password })
            }
            (Some(_), None) | (None, Some(_)) => {
                self.missing(at, "`user` and `password` go together", "add the other one");
                None
            }
        };
        Some(Email {
            host: url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
            port: url.port(),
            encryption,
            ca: raw.ca.as_ref().and_then(|ca| self.roots(ca)),
            login,
            from: from?,
            to,
        })
    }

    fn mail_url(&mut self, at: &At<String>) -> Option<Url> {
        const HELP: &str = "such as `\"smtps://mail.example.com\"` or `\"smtp://localhost:25\"`";
        let Ok(url) = at.value.parse::<Url>() else {
            let message = format!("{:?} is no mail server: it has no scheme", at.value);
            self.wrong(at, message, HELP);
            return None;
        };
        let is_plain = matches!(url.scheme(), "smtp" | "smtps")
            && url.has_host()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_plain {
            let message = "a mail server is a scheme, a name and a port and nothing else";
            self.wrong(at, message, HELP);
        }
        is_plain.then_some(url)
    }

    fn encryption(&mut self, raw: &RawEmail, url: &Url) -> Encryption {
        match (url.scheme(), &raw.starttls) {
            ("smtps", Some(starttls)) => {
                self.wrong(starttls, "this goes with `smtp` only", "leave it out");
                Encryption::Tls
            }
            ("smtps", None) => Encryption::Tls,
            (_, starttls) => match starttls.as_ref().map_or(!is_here(url), |at| at.value) {
                true => Encryption::StartTls,
                false => Encryption::None,
            },
        }
    }

    fn mailbox(&mut self, at: &At<String>) -> Option<Mailbox> {
        match at.value.parse() {
            Ok(mailbox) => Some(mailbox),
            Err(_) => {
                let message = format!("{:?} is no mail address", at.value);
                self.wrong(
                    at,
                    message,
                    "such as `\"ops@example.com\"`, or `\"Ops <ops@example.com>\"`",
                );
                None
            }
        }
    }

    fn roots(&mut self, at: &At<String>) -> Option<PathBuf> {
        let path = self.dir.join(&at.value);
        if let Err(reason) = outgoing::roots_in(&path) {
            self.wrong(at, format!("{reason:#}"), "name a file with certificates, as PEM");
            return None;
        }
        // No guest may put other certificates in their place.
        self.named.push(NamedFile {
            written: territory::plain(&path),
            real: path.canonicalize().unwrap_or_else(|_| territory::plain(&path)),
            visibility: Visibility::Plain,
            at: at.clone(),
        });
        Some(path)
    }

    /// A value that may be somebody's secret.
    fn value(&mut self, at: &At<EnvValue>) -> Option<String> {
        match &at.value {
            EnvValue::Plain(text) => Some(text.clone()),
            EnvValue::FromEnv(name, _) => self.own_variable(name),
            EnvValue::FromFile(path, visibility) => {
                self.own_file(path, *visibility).map(|(_, value)| value)
            }
        }
    }

    /// A value that is one.
    fn secret(&mut self, at: &At<EnvValue>) -> Option<Secret> {
        if matches!(at.value, EnvValue::Plain(_)) {
            self.wrong(at, "a secret can't stand in the configuration", ELSEWHERE);
            return None;
        }
        let value = self.value(at)?;
        if value.is_empty() {
            self.wrong(at, "it is empty", "look at what it names");
            return None;
        }
        Some(Secret::new(value))
    }
}

/// Notes of tasks that they bring alerts.
pub(super) fn note(handlers: Vec<At<TaskName>>, tasks: &mut [TaskDraft]) {
    for at in handlers {
        let place = tasks.binary_search_by(|it| it.name.value.cmp(&at.value));
        if let Some(draft) = place.ok().and_then(|place| tasks.get_mut(place)) {
            draft.brings.get_or_insert(at);
        }
    }
}

/// Tasks that are spoken of, and that there are none of.
pub(super) fn strangers(mentioned: &[At<TaskName>], tasks: &[TaskDraft]) -> Vec<Problem> {
    let is_known = |name: &TaskName| tasks.binary_search_by(|it| it.name.value.cmp(name)).is_ok();
    let strangers = mentioned.iter().filter(|at| !is_known(&at.value));
    strangers
        .map(|at| {
            let names: Vec<_> = tasks.iter().map(|task| task.name.value.as_str()).collect();
            let help = meant(at.value.as_str(), &names);
            at.problem(format!("there is no task `{}`", at.value), Some(help))
        })
        .collect()
}
