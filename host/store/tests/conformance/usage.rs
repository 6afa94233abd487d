//! What the history keeps of an attempt.

use std::time::Duration;

use horarium_core::{
    Store,
    attempt::{AttemptEnd, Outcome, Usage},
    digest::Digest,
    store::{AttemptView, Finish},
    verdict::{Trap, Verdict, VerdictKind},
};

use crate::given::{at, end, running, success, tasks};

/// Ends a new run's first attempt like this.
async fn attempt<S: Store>(store: &S, outcome: Outcome) -> AttemptView {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let finish = end(lease, 12, outcome.verdict.clone());
    let finish = Finish { end: AttemptEnd { outcome, ..finish.end }, ..finish };
    store.finish(finish).await.unwrap();
    store.attempts(lease.run).await.unwrap().remove(0)
}

pub(crate) async fn an_attempt_keeps_what_it_used<S: Store>(store: &S) {
    let digest = Digest::new([0xab; 32]);
    let outcome = Outcome {
        verdict: success(),
        usage: Usage {
            fuel: Some(123_456),
            peak_memory: 65_536,
            wall: Duration::from_micros(1_500_001),
        },
        plugin: Some(digest),
        ..Outcome::before_start(success())
    };
    let kept = attempt(store, outcome).await;
    assert_eq!(kept.fuel, Some(123_456));
    assert_eq!(kept.peak_memory, 65_536);
    assert_eq!(kept.wall_us, 1_500_001);
    assert_eq!(kept.plugin, Some(digest));
}

pub(crate) async fn fuel_that_was_not_counted_is_none<S: Store>(store: &S) {
    let kept = attempt(store, Outcome::before_start(success())).await;
    assert_eq!((kept.fuel, kept.plugin), (None, None));
    assert_eq!((kept.peak_memory, kept.wall_us), (0, 0));
}

pub(crate) async fn a_trap_keeps_its_frames<S: Store>(store: &S) {
    let frames = ["core::panicking::panic", "", "feed::parse<&str>", "run"];
    let backtrace: Vec<_> = frames.into_iter().map(str::to_owned).collect();
    let trap = Trap { message: "index out of bounds".to_owned(), backtrace: backtrace.clone() };
    let outcome = Outcome::before_start(Verdict::Trapped(trap));
    let kept = attempt(store, outcome).await;
    assert_eq!(kept.verdict, Some(VerdictKind::Trapped));
    assert_eq!(kept.error.as_deref(), Some("index out of bounds"));
    assert_eq!(kept.backtrace, backtrace);
}

pub(crate) async fn an_attempt_keeps_its_times_and_its_node<S: Store>(store: &S) {
    let kept = attempt(store, Outcome::before_start(success())).await;
    assert_eq!((kept.attempt, kept.lease), (1, 1));
    assert_eq!(kept.node, "here");
    assert_eq!((kept.started_at, kept.ended_at), (at(10), Some(at(12))));
}
