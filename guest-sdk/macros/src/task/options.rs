//! The keys of `#[task(…)]`.

use proc_macro2::TokenStream;
use syn::{Error, Lit, Path, Result};

use super::schedule::Schedule;
use crate::{
    errors::Errors,
    keys::{Entry, Keys, Known},
    literal,
};

const KNOWN: &[Known] = &[
    known("name", r#"name = "reindex""#),
    known("every", r#"every = "30s""#),
    known("offset", r#"offset = "5s""#),
    known("cron", r#"cron = "0 5 * * *""#),
    known("timezone", r#"timezone = "Europe/Paris""#),
    known("continuous", "continuous"),
    known("pause", r#"pause = "30s""#),
    known("once", "once"),
    known("at", r#"at = "2026-12-01T03:00:00Z""#),
    known("manual", "manual"),
    known("timeout", r#"timeout = "5s""#),
    known("fuel", "fuel = 1_000_000"),
    known("memory", r#"memory = "64MiB""#),
    known("max_attempts", "max_attempts = 3"),
    known("on_failure", "on_failure = decide"),
];

const fn known(key: &'static str, example: &'static str) -> Known {
    Known { key, example }
}

/// What an author says about a task beside its function.
pub(super) struct Options {
    pub(super) name: Option<String>,
    pub(super) schedule: Option<Schedule>,
    pub(super) timeout: Option<String>,
    pub(super) fuel: Option<Fuel>,
    pub(super) memory: Option<String>,
    pub(super) max_attempts: Option<u32>,
    /// The function that decides what follows a failed attempt.
    pub(super) on_failure: Option<Path>,
}

/// How much an attempt may compute.
pub(super) enum Fuel {
    Units(u64),
    Unlimited,
}

impl Options {
    pub(super) fn parse(list: TokenStream) -> Result<Self> {
        let mut errors = Errors::default();
        let mut keys = Keys::parse(list, KNOWN, &mut errors)?;
        let mut value = Values { keys: &mut keys, errors: &mut errors };
        let options = Self {
            name: value.of("name", |entry| text(entry, literal::name::check)),
            timeout: value.of("timeout", |entry| text(entry, literal::duration::parse_positive)),
            fuel: value.of("fuel", fuel),
            memory: value.of("memory", |entry| text(entry, literal::memory::parse)),
            max_attempts: value.of("max_attempts", max_attempts),
            on_failure: value.of("on_failure", |entry| entry.path().cloned()),
            schedule: Schedule::take(&mut keys, &mut errors),
        };
        errors.finish(options)
    }
}

/// Takes keys out and collects what is wrong with their values.
struct Values<'a> {
    keys: &'a mut Keys,
    errors: &'a mut Errors,
}

impl Values<'_> {
    fn of<T>(&mut self, key: &str, read: impl FnOnce(&Entry) -> Result<T>) -> Option<T> {
        let entry = self.keys.take(key)?;
        self.errors.check(read(&entry))
    }
}

/// An entry's text as it was written, if `check` finds nothing wrong with it.
pub(super) fn text<T>(
    entry: &Entry,
    check: impl FnOnce(&str) -> std::result::Result<T, String>,
) -> Result<String> {
    let literal = entry.text()?;
    let text = literal.value();
    match check(&text) {
        Ok(_) => Ok(text),
        Err(reason) => Err(Error::new_spanned(literal, reason)),
    }
}

fn fuel(entry: &Entry) -> Result<Fuel> {
    match entry.literal()? {
        Lit::Int(number) => match number.base10_parse()? {
            0 => Err(Error::new_spanned(number, "a task without fuel can't run")),
            units => Ok(Fuel::Units(units)),
        },
        Lit::Str(text) if text.value() == "unlimited" => Ok(Fuel::Unlimited),
        other => Err(entry.misfit(other, "a whole number or \"unlimited\"")),
    }
}

fn max_attempts(entry: &Entry) -> Result<u32> {
    let number = entry.number()?;
    match number.base10_parse()? {
        0 => Err(Error::new_spanned(
            number,
            "a run without attempts can't succeed: 1 means no retry",
        )),
        attempts => Ok(attempts),
    }
}
