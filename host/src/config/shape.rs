//! What was meant by a value where a table was wanted.

use horarium_core::schedule::Cron;
use toml::de::{DeArray, DeValue};
use url::Url;

use crate::written;

/// The longest value that is repeated, in bytes.
const LONGEST: usize = 80;

/// What to write at this key instead of a value that is no table, with the value in it
/// where it fits.
pub(super) fn table(key: &str, value: &DeValue<'_>) -> String {
    let name = key.rsplit('.').next().unwrap_or(key);
    let name = name.split('[').next().unwrap_or(name);
    meant(name, value).unwrap_or_else(|| match value {
        DeValue::Array(items) if key == name && !items.is_empty() => {
            format!("one table, `[{name}]`")
        }
        _ => "a table, `{ … }`".to_owned(),
    })
}

fn meant(name: &str, value: &DeValue<'_>) -> Option<String> {
    let shown = literal(value);
    let with = |before: &str, after: &str| {
        shown.as_ref().map(|shown| format!("`{name} = {{ {before}{shown}{after} }}`"))
    };
    match (name, value) {
        ("schedule", _) => Some(schedule(value)),
        ("task" | "notify" | "template", DeValue::Array(items)) => {
            let called = name_in(items).unwrap_or_else(|| "NAME".to_owned());
            Some(format!("`[{name}.{called}]`, one such table for each {}", thing(name)))
        }
        ("task" | "notify" | "template", _) => {
            Some(format!("`[{name}.NAME]`, one such table for each {}", thing(name)))
        }
        ("webhook", DeValue::String(text)) => Some(webhook(text)),
        ("email", DeValue::String(text)) if text.contains('@') => {
            with("server = \"smtps://mail.example.com\", from = \"cron@example.com\", to = [", "]")
        }
        ("retry", DeValue::Integer(_)) => with("max_attempts = ", ""),
        ("retention", DeValue::String(text)) if written::length(text).is_ok() => with("age = ", ""),
        ("web", DeValue::String(_)) => with("listen = ", ""),
        ("tls", DeValue::String(_)) => with("cert = ", ", key = \"key.pem\""),
        ("dirs", DeValue::String(text)) => {
            let shown = shown.as_ref()?;
            let guest = text.trim_start_matches(['.', '/']);
            Some(format!("`{{ host = {shown}, guest = {:?} }}`", format!("/{guest}")))
        }
        ("env" | "headers", _) => Some(format!("`{name} = {{ NAME = \"value\" }}`")),
        _ => None,
    }
}

fn thing(name: &str) -> &'static str {
    match name {
        "notify" => "channel",
        "template" => "template",
        _ => "task",
    }
}

/// A name that a table in a list gives itself.
fn name_in(items: &DeArray<'_>) -> Option<String> {
    let first = items.first()?.get_ref().as_table()?;
    let name = first.get("name")?.get_ref().as_str()?;
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!name.is_empty() && name.len() <= LONGEST && name.chars().all(is_bare))
        .then(|| name.to_owned())
}

fn schedule(value: &DeValue<'_>) -> String {
    let fields = match value {
        DeValue::String(text) if literal(value).is_some() => {
            let kinds = ["once", "manual", "continuous"];
            let nickname = format!("@{text}");
            if kinds.contains(&text.as_ref()) {
                Some(format!("{text} = true"))
            } else if written::length(text).is_ok() {
                Some(format!("every = {text:?}"))
            } else if written::instant(text).is_ok() {
                Some(format!("at = {text:?}"))
            } else if Cron::new(text, "UTC").is_ok() {
                Some(format!("cron = {text:?}"))
            } else if Cron::new(&nickname, "UTC").is_ok() {
                Some(format!("cron = {nickname:?}"))
            } else {
                None
            }
        }
        DeValue::Datetime(at) => Some(format!("at = {at}")),
        DeValue::Integer(count) if count.radix() == 10 && !count.as_str().starts_with('-') => {
            Some(format!("every = \"{}s\"", count.as_str()))
        }
        _ => None,
    };
    match fields {
        Some(fields) => format!("`schedule = {{ {fields} }}`"),
        None => "a table with one of `cron`, `every`, `continuous`, `once`, `at` and `manual`, \
                 such as `schedule = { every = \"1h\" }`"
            .to_owned(),
    }
}

/// The paths of webhooks are secrets of those who listen there, more often than not: they
/// are not repeated.
fn webhook(text: &str) -> String {
    let url = text.parse::<Url>().ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or("hooks.example.com");
    format!("`webhook = {{ url = \"https://{host}/…\" }}`")
}

/// A value as it is written, where it is short and has one line.
pub(super) fn literal(value: &DeValue<'_>) -> Option<String> {
    let shown = match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(at) => at.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => return None,
    };
    (shown.len() <= LONGEST).then_some(shown)
}
