//! When a task suggests to run.

use syn::{Error, Result};

use super::options::text;
use crate::{
    errors::Errors,
    json::Object,
    keys::{Entry, Keys},
    literal,
};

/// A schedule, its texts checked and as the author wrote them.
pub(super) enum Schedule {
    Every { interval: String, offset: Option<String> },
    Cron { expression: String, timezone: Option<String> },
    Continuous { pause: Option<String> },
    Once,
    At(String),
    Manual,
}

impl Schedule {
    /// The one schedule among the keys, if there is any.
    pub(super) fn take(keys: &mut Keys, errors: &mut Errors) -> Option<Self> {
        let mut found = Vec::new();
        for kind in &KINDS {
            let refinement = kind.refinement.and_then(|key| keys.take(key));
            match (keys.take(kind.key), refinement) {
                (Some(entry), refinement) => found.push((kind, entry, refinement)),
                (None, Some(refinement)) => errors.push(Error::new_spanned(
                    &refinement.key,
                    format!("`{}` needs `{}` beside it", refinement.key, kind.key),
                )),
                (None, None) => {}
            }
        }
        found.sort_by_key(|(_, entry, _)| entry.position);
        let ((kind, first, refinement), others) = found.split_first()?;
        for (_, other, _) in others {
            errors.push(Error::new_spanned(
                &other.key,
                format!("a task has one schedule: `{}` or `{}`", first.key, other.key),
            ));
        }
        errors.check((kind.read)(first, refinement.as_ref()))
    }

    /// The host's configuration of it.
    pub(super) fn to_json(&self) -> String {
        let (object, refinement) = match self {
            Self::Every { interval, offset } => (
                Object::default().text("every", interval),
                offset.as_ref().map(|offset| ("offset", offset)),
            ),
            Self::Cron { expression, timezone } => (
                Object::default().text("cron", expression),
                timezone.as_ref().map(|timezone| ("timezone", timezone)),
            ),
            Self::Continuous { pause } => (
                Object::default().raw("continuous", "true"),
                pause.as_ref().map(|pause| ("pause", pause)),
            ),
            Self::Once => (Object::default().raw("once", "true"), None),
            Self::At(instant) => (Object::default().text("at", instant), None),
            Self::Manual => (Object::default().raw("manual", "true"), None),
        };
        match refinement {
            Some((key, value)) => object.text(key, value).build(),
            None => object.build(),
        }
    }
}

/// A key that is a schedule, and the key that refines it.
struct Kind {
    key: &'static str,
    refinement: Option<&'static str>,
    read: fn(&Entry, Option<&Entry>) -> Result<Schedule>,
}

const KINDS: [Kind; 6] = [
    Kind { key: "every", refinement: Some("offset"), read: every },
    Kind { key: "cron", refinement: Some("timezone"), read: cron },
    Kind { key: "continuous", refinement: Some("pause"), read: continuous },
    Kind { key: "once", refinement: None, read: |entry, _| entry.flag().map(|()| Schedule::Once) },
    Kind {
        key: "at",
        refinement: None,
        read: |entry, _| text(entry, literal::instant::check).map(Schedule::At),
    },
    Kind {
        key: "manual",
        refinement: None,
        read: |entry, _| entry.flag().map(|()| Schedule::Manual),
    },
];

fn every(entry: &Entry, offset: Option<&Entry>) -> Result<Schedule> {
    let interval = text(entry, literal::duration::parse_positive)?;
    let shorter = |offset: &str| {
        let offset = literal::duration::parse(offset)?;
        if offset < literal::duration::parse(&interval)? {
            return Ok(());
        }
        Err(format!("an offset has to be shorter than the interval that it shifts, `{interval}`"))
    };
    Ok(Schedule::Every { offset: offset.map(|entry| text(entry, shorter)).transpose()?, interval })
}

fn cron(entry: &Entry, timezone: Option<&Entry>) -> Result<Schedule> {
    Ok(Schedule::Cron {
        expression: text(entry, literal::cron::check)?,
        timezone: timezone.map(|entry| text(entry, literal::timezone::check)).transpose()?,
    })
}

fn continuous(entry: &Entry, pause: Option<&Entry>) -> Result<Schedule> {
    entry.flag()?;
    Ok(Schedule::Continuous {
        pause: pause.map(|entry| text(entry, literal::duration::parse)).transpose()?,
    })
}
