//! What pictures are made of.

use std::time::Duration;

use horarium_core::{
    Store,
    attempt::{AttemptEnd, Outcome, Usage},
    run::{RunEnd, RunState},
    store::{Finish, MarkQuery},
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};

use crate::given::{at, end, fire, name, running, success, tasks};

async fn fails<S: Store>(store: &S, task: &str, second: i64) {
    let lease = running(store, task, second).await.lease;
    store.finish(end(lease, second + 1, Verdict::failed("no"))).await.unwrap();
}

async fn succeeds<S: Store>(store: &S, task: &str, second: i64) {
    let lease = running(store, task, second).await.lease;
    store.finish(end(lease, second + 1, success())).await.unwrap();
}

async fn failing<S: Store>(store: &S, limit: u32) -> Vec<String> {
    let found = store.failing(limit).await.unwrap();
    found.into_iter().map(|failing| failing.task.task.to_string()).collect()
}

fn of(tasks: &[&str]) -> MarkQuery {
    let tasks = tasks.iter().map(|task| name(task)).collect();
    MarkQuery { tasks, since: None, before: None, limit: 100 }
}

pub(crate) async fn who_failed_last_comes_first<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c", "gone"]).await;
    for (task, second) in [("b", 10), ("gone", 20), ("a", 30), ("b", 40), ("c", 50)] {
        fails(store, task, second).await;
    }
    succeeds(store, "c", 60).await;
    tasks(store, &["a", "b", "c"]).await;
    assert_eq!(failing(store, 10).await, ["b", "a"]);
    assert_eq!(failing(store, 1).await, ["b"]);
    assert!(failing(store, 0).await.is_empty());

    let waits = fire(store, "b", 70).await.run;
    let found = store.failing(1).await.unwrap().remove(0);
    assert_eq!(found.task.failures, 2);
    assert_eq!(found.task.last.map(|run| run.run), Some(waits));
    assert_eq!(found.failed.scheduled_for, at(40));
    assert_eq!(found.failed.error.as_deref(), Some("no"));
}

pub(crate) async fn what_counts_as_no_failure_is_not_shown_as_one<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    fails(store, "a", 10).await;
    let cancelled = fire(store, "a", 20).await.run;
    store.cancel(cancelled, at(21)).await.unwrap();
    // Skipped: the one before it waits.
    let _ = fire(store, "a", 30).await;
    let _ = fire(store, "a", 31).await;
    let found = store.failing(10).await.unwrap().remove(0);
    assert_eq!(found.failed.scheduled_for, at(10));
}

pub(crate) async fn marks_come_by_task_newest_first<S: Store>(store: &S) {
    tasks(store, &["a", "b", "idle"]).await;
    succeeds(store, "a", 10).await;
    fails(store, "b", 20).await;
    succeeds(store, "a", 30).await;
    let _ = fire(store, "a", 40).await;
    let seen = async |query: MarkQuery| {
        let all = store.marks(query).await.unwrap();
        let instant = |marks: Vec<horarium_core::store::RunMark>| {
            marks.iter().map(|mark| mark.scheduled_for.as_second()).collect::<Vec<_>>()
        };
        all.into_iter().map(instant).collect::<Vec<_>>()
    };
    let all = of(&["b", "idle", "a", "unknown"]);
    assert_eq!(seen(all).await, [vec![20], vec![], vec![40, 30, 10], vec![]]);
    assert_eq!(seen(MarkQuery { limit: 1, ..of(&["a"]) }).await, [[40]]);
    assert_eq!(seen(MarkQuery { limit: 0, ..of(&["a"]) }).await, [[0; 0]]);
    let since = Some(at(30));
    assert_eq!(seen(MarkQuery { since, ..of(&["a"]) }).await, [[40, 30]]);
    let newest = store.marks(of(&["a"])).await.unwrap()[0][0].run;
    let before = Some(newest);
    assert_eq!(seen(MarkQuery { before, ..of(&["a"]) }).await, [[30, 10]]);

    let marks = store.marks(of(&["a", "b"])).await.unwrap();
    assert_eq!(marks[0][0].state, RunState::Scheduled);
    assert_eq!((marks[0][0].started_at, marks[0][0].ended_at), (None, None));
    assert_eq!(marks[1][0].state, RunState::Ended(RunEnd::Verdict(VerdictKind::Failed)));
    assert_eq!((marks[1][0].started_at, marks[1][0].ended_at), (Some(at(20)), Some(at(21))));
}

pub(crate) async fn marks_say_what_the_last_attempt_used<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let usage = Usage { fuel: Some(7), peak_memory: 9, wall: Duration::from_micros(11) };
    let outcome = Outcome { usage, ..Outcome::before_start(success()) };
    let transition = Transition::End(RunEnd::Verdict(VerdictKind::Succeeded));
    let finish = Finish {
        end: AttemptEnd { at: at(11), outcome },
        ..crate::given::finish(lease, 11, success(), transition)
    };
    store.finish(finish).await.unwrap();
    let _ = running(store, "a", 20).await;
    let marks = store.marks(of(&["a"])).await.unwrap().remove(0);
    assert_eq!((marks[0].fuel, marks[0].wall_us), (None, None));
    assert_eq!((marks[1].fuel, marks[1].wall_us), (Some(7), Some(11)));
}
