//! The shape of `[notify.NAME]`: where people hear of tasks.

use std::{collections::BTreeMap, time::Duration};

use horarium_core::alert::Condition;
use serde_json::{Value, json};

use super::{
    decode::{At, Decode, Source},
    elsewhere::EnvValue,
    problem::Problem,
    table::table,
    values::{words, wrong},
};

table! {
    /// A channel by which people hear of tasks: exactly one of `webhook`, `email` and `task`.
    RawNotify {
        /// An HTTP endpoint that each alert is posted to, as JSON.
        webhook: RawWebhook,
        /// People who get each alert as a mail.
        email: RawEmail,
        /// A task that runs with each alert as its arguments. It hears nothing of itself.
        task: String,
        /// What is told: `failure`, `recovery`, `skip`, `lateness`, `quarantine` and
        /// `deadman`. Default: all but `skip`.
        on: Vec<At<EventWord>>,
        /// Of which tasks: names, in which `*` stands for any part. Default: of all.
        tasks: Vec<At<String>>,
        /// For how long an alert is tried to be delivered. Default: `24h`.
        give_up: Duration,
    }
}

table! {
    /// An HTTP endpoint that takes alerts.
    RawWebhook {
        /// Where, by `http` or `https`.
        url: EnvValue,
        /// What requests are signed with, by the rules of `standardwebhooks.com`: any text,
        /// or `whsec_` and a key as Base64. Without it they are not signed.
        secret: EnvValue,
        /// Headers beside those that every request has.
        headers: BTreeMap<String, At<EnvValue>>,
        /// The certificates, as PEM, by which it is trusted, instead of the system's.
        ca: String,
    }
}

table! {
    /// A mail server, and who writes to whom.
    RawEmail {
        /// The server, such as `smtp://mail.example.com:587`, or `smtps://mail.example.com`
        /// where TLS comes first.
        server: String,
        /// Who writes, such as `Horarium <cron@example.com>`.
        from: String,
        /// Who gets it.
        to: Vec<At<String>>,
        /// Who the server is told to be asked by.
        user: String,
        /// What shows it. The server must be asked by TLS then.
        password: EnvValue,
        /// The certificates, as PEM, by which the server is trusted, instead of the system's.
        ca: String,
        /// Whether mail waits for TLS with a server by `smtp`. Default: `true`, unless it is
        /// on this machine.
        starttls: bool,
    }
}

/// What may be told, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventWord {
    Condition(Condition),
    Recovery,
}

words!(EventWord:
    "failure" => Self::Condition(Condition::Failure),
    "recovery" => Self::Recovery,
    "skip" => Self::Condition(Condition::Skip),
    "lateness" => Self::Condition(Condition::Lateness),
    "quarantine" => Self::Condition(Condition::Quarantine),
    "deadman" => Self::Condition(Condition::Deadman),
);

#[cfg(test)]
mod tests {
    use horarium_core::alert::Alert;

    use super::*;

    #[test]
    fn every_event_has_the_word_that_alerts_have_for_it() {
        let words: Vec<_> = EventWord::schema()["enum"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect();
        let mut expected = vec![Alert::RECOVERY];
        expected.extend(Condition::ALL.map(Condition::as_str));
        assert_eq!(words.len(), expected.len());
        assert!(expected.iter().all(|word| words.iter().any(|it| it == word)), "{words:?}");
    }
}
