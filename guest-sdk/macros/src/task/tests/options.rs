//! The keys.

use proc_macro2::TokenStream;
use quote::quote;

use super::messages;
use crate::task::{defaults, options::Options};

fn defaults_of(keys: TokenStream) -> Option<String> {
    defaults::to_json(&Options::parse(keys).unwrap())
}

fn wrong_keys(keys: TokenStream) -> Vec<String> {
    messages(Options::parse(keys).err().unwrap())
}

#[test]
fn every_schedule_has_the_shape_of_the_configuration() {
    let schedule = |keys| defaults_of(keys).unwrap();
    for (keys, json) in [
        (quote!(every = "30s", offset = "5s"), r#"{"every":"30s","offset":"5s"}"#),
        (quote!(cron = "@daily"), r#"{"cron":"@daily"}"#),
        (
            quote!(timezone = "Europe/Paris", cron = "0 5 * * *"),
            r#"{"cron":"0 5 * * *","timezone":"Europe/Paris"}"#,
        ),
        (quote!(continuous), r#"{"continuous":true}"#),
        (quote!(continuous, pause = "0s"), r#"{"continuous":true,"pause":"0s"}"#),
        (quote!(once), r#"{"once":true}"#),
        (quote!(at = "2026-12-01T03:00:00Z"), r#"{"at":"2026-12-01T03:00:00Z"}"#),
        (quote!(manual,), r#"{"manual":true}"#),
    ] {
        assert_eq!(schedule(keys), format!(r#"{{"schedule":{json}}}"#));
    }
}

#[test]
fn limits_have_the_shape_of_the_configuration() {
    assert_eq!(
        defaults_of(quote!(
            max_attempts = 3,
            memory = "64MiB",
            fuel = 1_000_000,
            timeout = "1m30s"
        ))
        .unwrap(),
        r#"{"timeout":"1m30s","fuel":1000000,"memory":"64MiB","retry":{"max_attempts":3}}"#
    );
    assert_eq!(defaults_of(quote!(fuel = "unlimited")).unwrap(), r#"{"fuel":"unlimited"}"#);
    assert_eq!(defaults_of(quote!(name = "other")), None);
}

#[test]
fn all_wrong_keys_are_reported_at_once() {
    assert_eq!(
        wrong_keys(quote!(evry = "30s", tmeout = "5s", colour = 3, once, once)),
        [
            "unknown key `evry`: did you mean `every`?",
            "unknown key `tmeout`: did you mean `timeout`?",
            "unknown key `colour`: there are name, every, offset, cron, timezone, continuous, \
             pause, once, at, manual, timeout, fuel, memory, max_attempts, on_failure",
            "`once` is given twice",
        ]
    );
}

#[test]
fn values_have_the_type_of_their_key() {
    assert_eq!(
        wrong_keys(quote!(
            timeout = 5,
            fuel = "lots",
            max_attempts = "3",
            on_failure = "decide",
            once = true
        )),
        [
            "expected a text, as in `timeout = \"5s\"`",
            "expected a whole number or \"unlimited\", as in `fuel = 1_000_000`",
            "expected a whole number, as in `max_attempts = 3`",
            "expected the name of a function, as in `on_failure = decide`",
            "`once` takes no value",
        ]
    );
    assert_eq!(wrong_keys(quote!(every)), ["`every` needs a value: `every = \"30s\"`"]);
    assert_eq!(wrong_keys(quote!(fuel = -1)), ["expected a literal, as in `fuel = 1_000_000`"]);
    assert_eq!(wrong_keys(quote!(fuel = 0)), ["a task without fuel can't run"]);
    assert_eq!(wrong_keys(quote!("30s")), ["expected a key, as in `timeout = \"5s\"`"]);
}

#[test]
fn a_task_has_one_schedule() {
    assert_eq!(
        wrong_keys(quote!(once, every = "30s")),
        ["a task has one schedule: `once` or `every`"]
    );
    assert_eq!(
        wrong_keys(quote!(every = "30s", timezone = "UTC")),
        ["`timezone` needs `cron` beside it"]
    );
    assert_eq!(
        wrong_keys(quote!(every = "30s", offset = "1m")),
        ["an offset has to be shorter than the interval that it shifts, `30s`"]
    );
}
