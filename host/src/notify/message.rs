//! What people are told.

use std::time::Duration;

use horarium_core::{
    alert::{Alert, Condition},
    limits::show_duration,
    name::TaskName,
    run::{RunEnd, RunId, RunState, Trigger},
    store::RunView,
    text::shown,
    time::between,
    verdict::VerdictKind,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The longest reason in a line of text, in bytes.
const REASON: usize = 300;

/// An alert as it goes out. Its JSON is a contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Message {
    /// The same each time that this alert comes to anybody, and no other one's.
    pub(crate) id: String,
    /// What it is about: a condition's word, or `recovery`, or `test`.
    pub(crate) event: &'static str,
    /// What has been raised, or is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) condition: Option<Condition>,
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) task: Option<TaskName>,
    /// In a sentence. Chat services that take JSON show what stands by this name.
    pub(crate) text: String,
    /// When it happened.
    pub(crate) at: Timestamp,
    /// Since when it had been so, where it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Timestamp>,
    /// What is known of the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The run that showed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<Run>,
}

/// What a message says of a run: nothing that its guest made of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Run {
    pub(crate) run: RunId,
    pub(crate) key: String,
    pub(crate) state: RunState,
    pub(crate) trigger: Trigger,
    pub(crate) scheduled_for: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) attempts: u32,
}

impl From<RunView> for Run {
    fn from(view: RunView) -> Self {
        let RunView { run, key, state, trigger, scheduled_for, started_at, ended_at, .. } = view;
        let attempts = view.attempts;
        Self { run, key, state, trigger, scheduled_for, started_at, ended_at, attempts }
    }
}

impl Message {
    /// What is said of an alert in the history of this name; of its run what is still known.
    pub(crate) fn of(instance: &str, alert: &Alert, run: Option<RunView>) -> Self {
        Self {
            id: id(instance, alert),
            event: alert.event(),
            condition: Some(alert.condition),
            task: Some(alert.task.clone()),
            text: text(alert),
            at: alert.at,
            since: alert.since,
            reason: alert.reason.clone(),
            run: run.map(Run::from),
        }
    }

    /// What is said to see whether it arrives.
    pub(crate) fn test(instance: &str, now: Timestamp) -> Self {
        Self {
            id: format!("{instance}-test-{}", now.as_microsecond()),
            event: "test",
            condition: None,
            task: None,
            text: "this is a test: alerts of Horarium arrive here".to_owned(),
            at: now,
            since: None,
            reason: None,
            run: None,
        }
    }

    /// What goes to a task, at its longest: that something is wrong, and that it is over.
    pub(crate) fn samples() -> Vec<Value> {
        let at = Timestamp::UNIX_EPOCH;
        let run = Run {
            run: RunId(1),
            key: "0-1-00000000".to_owned(),
            state: RunState::Ended(RunEnd::Verdict(VerdictKind::Failed)),
            trigger: Trigger::Schedule,
            scheduled_for: at,
            started_at: Some(at),
            ended_at: Some(at),
            attempts: 1,
        };
        let raised = Self {
            id: "0-alert-1-00000000".to_owned(),
            event: Condition::Failure.as_str(),
            condition: Some(Condition::Failure),
            task: "task".parse().ok(),
            text: "task failed".to_owned(),
            at,
            since: None,
            reason: Some("a reason".to_owned()),
            run: Some(run),
        };
        let over = Self { event: Alert::RECOVERY, since: Some(at), reason: None, ..raised.clone() };
        [raised, over].iter().filter_map(|message| serde_json::to_value(message).ok()).collect()
    }

    /// What it is about in a few words, none of them a guest's.
    pub(crate) fn subject(&self) -> String {
        let Some((task, condition)) = self.task.as_ref().zip(self.condition) else {
            return "[horarium] test".to_owned();
        };
        let is_raised = self.event == condition.as_str();
        let what = match (condition, is_raised) {
            (Condition::Failure, true) => "failed",
            (Condition::Failure, false) => "succeeds again",
            (Condition::Skip, true) => "was skipped",
            (Condition::Skip, false) => "is not skipped any more",
            (Condition::Lateness, true) => "did not begin in time",
            (Condition::Lateness, false) => "begins in time again",
            (Condition::Quarantine, true) => "was put aside",
            (Condition::Quarantine, false) => "goes on",
            (Condition::Deadman, true) => "did not succeed in time",
            (Condition::Deadman, false) => "succeeds in time again",
        };
        format!("[horarium] {task} {what}")
    }
}

/// An alert's id. No alert of another history has it, and none that this one made before it
/// was replaced by a backup, and would make with the same number again.
fn id(instance: &str, alert: &Alert) -> String {
    let moment = alert.at.as_microsecond().rem_euclid(1 << 32);
    format!("{instance}-alert-{}-{moment:08x}", alert.alert)
}

/// An alert in a sentence; a guest's words are fit to be shown.
pub(crate) fn text(alert: &Alert) -> String {
    let Alert { task, condition, raised, at, since, .. } = alert;
    let reason = alert.reason.as_deref().map(|reason| shown(reason, REASON));
    let because = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let run = alert.run.map(|run| format!(" (run {run})")).unwrap_or_default();
    let after = since.map(|since| {
        let length = between(since, *at);
        // Nobody reads the rest.
        let whole = Duration::from_secs(length.as_secs());
        format!(", after {}", show_duration(if whole.is_zero() { length } else { whole }))
    });
    let after = after.unwrap_or_default();
    match (condition, raised) {
        (Condition::Failure, true) => format!("{task} failed{run}{because}"),
        (Condition::Failure, false) => format!("{task} succeeds again{run}{after}"),
        (Condition::Skip, true) => format!("{task} was skipped{run}{because}"),
        (Condition::Skip, false) => format!("{task} is not skipped any more{run}{after}"),
        (Condition::Lateness, true) => format!("{task} did not begin in time{run}{because}"),
        (Condition::Lateness, false) => format!("{task} begins in time again{run}{after}"),
        (Condition::Quarantine, true) => {
            format!(
                "{task} was put aside, and nothing of it starts until it is resumed{run}{because}"
            )
        }
        (Condition::Quarantine, false) => format!("{task} was resumed{after}"),
        (Condition::Deadman, true) => format!("{task} did not succeed in time{because}"),
        (Condition::Deadman, false) => {
            format!("{task} has succeeded{run}: its deadman is over{after}")
        }
    }
}

#[cfg(test)]
mod tests {
    use horarium_core::alert::AlertId;

    use super::*;

    fn alert(condition: Condition, raised: bool) -> Alert {
        Alert {
            alert: AlertId(7),
            task: "nightly".parse().unwrap(),
            condition,
            raised,
            at: "2026-12-01T03:10:00Z".parse().unwrap(),
            since: (!raised).then(|| "2026-12-01T03:00:00Z".parse().unwrap()),
            run: Some(RunId(12)),
            reason: raised.then(|| "no\r\nSubject: disk \u{202e}".to_owned()),
        }
    }

    #[test]
    fn a_guests_words_stay_in_their_line() {
        let message = Message::of("0a1b", &alert(Condition::Failure, true), None);
        assert!(message.id.starts_with("0a1b-alert-7-"), "{}", message.id);
        assert_eq!(message.text, "nightly failed (run 12): no\\r\\nSubject: disk \\u{202e}");
        assert_eq!(message.subject(), "[horarium] nightly failed");
        let over = Message::of("0a1b", &alert(Condition::Failure, false), None);
        assert_eq!(
            (over.event, over.text.as_str()),
            ("recovery", "nightly succeeds again (run 12), after 10m")
        );
    }

    #[test]
    fn each_alert_has_words_of_its_own() {
        let mut all = std::collections::BTreeSet::new();
        for condition in Condition::ALL {
            for raised in [true, false] {
                let message = Message::of("0a1b", &alert(condition, raised), None);
                assert!(message.subject().starts_with("[horarium] nightly "));
                assert!(all.insert(message.subject()) && all.insert(message.text));
            }
        }
    }
}
