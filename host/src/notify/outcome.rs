//! What comes of a message that was sent, and when it is sent again.

use std::time::Duration;

use horarium_core::{
    alert::Tried,
    retry::RetryPolicy,
    run::{RunEnd, RunId, RunState},
    store::RunView,
    text::beginning,
    time,
    verdict::VerdictKind,
};
use jiff::Timestamp;

/// The longest error that is kept, in bytes: others choose its words.
const ERROR: usize = 1024;

/// When a message is sent again, and a channel is tried where nothing arrives.
pub(super) const PACE: RetryPolicy = RetryPolicy {
    max_attempts: u32::MAX,
    delay: Duration::from_secs(1),
    factor: 2.0,
    max_delay: Duration::from_secs(600),
    jitter: 0.1,
};

/// Why a message did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undelivered {
    pub(crate) error: String,
    /// How long whoever it is for wants to be left alone.
    pub(super) after: Option<Duration>,
    /// Whether it makes no sense to try again.
    pub(super) for_good: bool,
}

impl Undelivered {
    /// It may arrive another time.
    pub(super) fn now(error: String) -> Self {
        Self { error: beginning(&error, ERROR).to_owned(), after: None, for_good: false }
    }

    /// It will never.
    pub(super) fn for_good(error: String) -> Self {
        Self { for_good: true, ..Self::now(error) }
    }

    /// It was left to a run that ended like this; none where it has arrived.
    pub(super) fn of(view: &RunView) -> Option<Self> {
        let RunView { run, task, state, error, .. } = view;
        let because = error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
        let undelivered = Self::now(format!("run {run} of task {task} ended as {state}{because}"));
        match state {
            RunState::Ended(RunEnd::Verdict(VerdictKind::Succeeded)) => None,
            // Somebody wants it so.
            RunState::Ended(RunEnd::Verdict(VerdictKind::Cancelled)) => {
                Some(Self { for_good: true, ..undelivered })
            }
            _ => Some(undelivered),
        }
    }

    /// What follows from it, after so many tries of which this was the last one.
    pub(super) fn then(
        self,
        tries: u32,
        chance: f64,
        now: Timestamp,
        give_up_at: Timestamp,
    ) -> Tried {
        let Self { error, after, for_good } = self;
        let pause = PACE.wait(tries, chance).max(after.unwrap_or_default());
        let due_at = time::add(now, pause);
        match for_good || due_at > give_up_at {
            true => Tried::GivenUp { error },
            false => Tried::Again { error, due_at },
        }
    }
}

/// How far a message has come that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// To whoever it is for.
    Arrived,
    /// To a run, which brings it.
    Handed(RunId),
}

impl From<Sent> for Tried {
    fn from(sent: Sent) -> Self {
        match sent {
            Sent::Arrived => Self::Delivered,
            Sent::Handed(run) => Self::Handed { run },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn who_does_not_answer_is_asked_less_and_less_often_and_in_the_end_no_more() {
        let failed = || Undelivered::now("no".to_owned());
        let due = |tries| match failed().then(tries, 0.5, at(1_000), at(90_000)) {
            Tried::Again { due_at, .. } => due_at.as_second() - 1_000,
            other => panic!("{other:?}"),
        };
        let waits = [1, 2, 3, 10, 11, 1_000, u32::MAX].map(due);
        assert_eq!(waits, [1, 2, 4, 512, 600, 600, 600]);
        let last = failed().then(10, 0.5, at(89_500), at(90_000));
        assert_eq!(last, Tried::GivenUp { error: "no".to_owned() });
    }

    #[test]
    fn who_says_when_is_left_alone_until_then() {
        let after = Some(Duration::from_secs(3_600));
        let busy = Undelivered { after, ..Undelivered::now("busy".to_owned()) };
        let expected = Tried::Again { error: "busy".to_owned(), due_at: at(3_600) };
        assert_eq!(busy.clone().then(1, 0.5, at(0), at(4_000)), expected);
        // But no longer than anybody waits for it.
        assert!(matches!(busy.then(1, 0.5, at(0), at(3_000)), Tried::GivenUp { .. }));
        let gone = Undelivered::for_good("gone".to_owned());
        assert!(matches!(gone.then(1, 0.5, at(0), at(3_000)), Tried::GivenUp { .. }));
    }
}
