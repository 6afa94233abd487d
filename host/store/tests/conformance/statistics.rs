//! Counts of many runs at once.

use std::time::Duration;

use horarium_core::{
    Store,
    overlap::Overlap,
    retention::Retention,
    store::{NewFire, Queue, Scope, Statistics, TaskFires},
    transition::Transition,
    verdict::Verdict,
};
use jiff::Timestamp;

use crate::{
    given::{at, claim, due, end, finish, fire, name, running, success, tasks},
    scene::{asked, fire_by, task_with},
};

/// The beginning of an hour in 2026, in seconds.
const HOUR: i64 = 494_000 * 3_600;

/// How many ended when and how, of all tasks or of one.
async fn ended<S: Store>(store: &S, task: Option<&str>) -> Vec<(Option<Timestamp>, String, u64)> {
    let read = store.statistics(task.map(name)).await.unwrap();
    read.ended.into_iter().map(|it| (it.hour, it.state, it.runs)).collect()
}

fn told(hour: Option<i64>, state: &str, runs: u64) -> (Option<Timestamp>, String, u64) {
    (hour.map(at), state.to_owned(), runs)
}

async fn queue<S: Store>(store: &S, task: Option<&str>) -> Queue {
    let queue = store.statistics(task.map(name)).await.unwrap().queue;
    if task.is_none() {
        assert_eq!(store.waiting().await.unwrap().queue, queue);
    }
    queue
}

/// A run of a task that begins at this second and ends a second later.
async fn over<S: Store>(store: &S, task: &str, second: i64, verdict: Verdict) {
    let lease = running(store, task, second).await.lease;
    assert!(store.finish(end(lease, second + 1, verdict)).await.unwrap().is_recorded());
}

pub(crate) async fn runs_are_counted_by_how_and_when_they_ended<S: Store>(store: &S) {
    assert_eq!(store.statistics(None).await.unwrap(), Statistics::default());
    tasks(store, &["a", "b"]).await;
    over(store, "a", HOUR, success()).await;
    over(store, "a", HOUR + 10, success()).await;
    over(store, "a", HOUR + 20, Verdict::failed("no")).await;
    over(store, "b", HOUR + 30, success()).await;
    // Its hour is that of its end.
    over(store, "b", HOUR + 3_599, success()).await;
    let next = Some(HOUR + 3_600);
    let all = [
        told(Some(HOUR), "failed", 1),
        told(Some(HOUR), "succeeded", 3),
        told(next, "succeeded", 1),
    ];
    assert_eq!(ended(store, None).await, all);
    let of_b = [told(Some(HOUR), "succeeded", 1), told(next, "succeeded", 1)];
    assert_eq!(ended(store, Some("b")).await, of_b);
    assert_eq!(ended(store, Some("nobody")).await, []);
}

pub(crate) async fn every_way_to_end_is_counted_once<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    // An attempt that is followed by another one is no end.
    let first = running(store, "a", HOUR).await.lease;
    let again = finish(first, HOUR + 1, Verdict::failed("no"), Transition::Retry(at(HOUR + 2)));
    store.finish(again).await.unwrap();
    assert_eq!(ended(store, Some("a")).await, []);
    // Skipped: it was never to begin.
    fire(store, "a", HOUR + 2).await;
    let lease = claim(store, 9, HOUR + 3).await.remove(0).lease;
    store.finish(end(lease, HOUR + 4, success())).await.unwrap();
    // Recorded twice, counted once.
    store.finish(end(lease, HOUR + 4, success())).await.unwrap();
    // Cancelled while it waits.
    let waits = fire(store, "b", HOUR + 5).await.run;
    store.cancel(waits, at(HOUR + 6)).await.unwrap();
    // Expired.
    let late = NewFire { start_by: Some(at(HOUR + 8)), ..NewFire::at(at(HOUR + 7)) };
    let fires = TaskFires { fires: vec![late], ..due("c", &[HOUR + 7]) };
    store.record_fires(vec![fires], at(HOUR + 7)).await.unwrap();
    assert_eq!(claim(store, 9, HOUR + 9).await, []);
    // Cancelled by the next one.
    task_with(store, "d", Overlap::CancelPrevious).await;
    fire_by(store, "d", Overlap::CancelPrevious, &[HOUR + 10, HOUR + 11]).await;
    let all = [
        told(Some(HOUR), "cancelled", 2),
        told(Some(HOUR), "expired", 1),
        told(Some(HOUR), "skipped", 1),
        told(Some(HOUR), "succeeded", 1),
    ];
    assert_eq!(ended(store, None).await, all);
}

pub(crate) async fn what_was_forgotten_stays_counted<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    over(store, "a", HOUR, success()).await;
    over(store, "a", HOUR + 10, success()).await;
    let aged = Retention { age: Some(Duration::from_secs(1)), ..Retention::default() };
    assert_eq!(store.prune(aged, at(HOUR + 100)).await.unwrap().runs, 1);
    assert_eq!(ended(store, None).await, [told(Some(HOUR), "succeeded", 2)]);
}

pub(crate) async fn what_ended_long_ago_is_counted_together<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    for hour in 0..3 {
        over(store, "a", HOUR + hour * 3_600, success()).await;
    }
    let kept = i64::from(Statistics::HOURS) * 3_600;
    // The first two hours are out of what is kept, by a second and by an hour and a second.
    let now = at(HOUR + 2 * 3_600 + kept);
    let all = Retention { runs: Some(999), ..Retention::default() };
    for _ in 0..9 {
        store.prune(all, now).await.unwrap();
    }
    let left = [told(None, "succeeded", 2), told(Some(HOUR + 7_200), "succeeded", 1)];
    assert_eq!(ended(store, None).await, left);
    assert_eq!(ended(store, Some("a")).await, left);
}

pub(crate) async fn what_waits_is_counted_by_what_for<S: Store>(store: &S) {
    let two = Overlap::QueueAll { limit: 9 };
    task_with(store, "a", two).await;
    fire_by(store, "a", two, &[10, 20, 30]).await;
    let start = asked("a", 90);
    store.start(horarium_core::store::Start { overlap: two, ..start }, at(30)).await.unwrap();
    let waits = Queue { ready: 1, later: 1, held: 2, parked: 0, oldest: Some(at(10)) };
    assert_eq!(queue(store, None).await, waits);
    assert_eq!(queue(store, Some("a")).await, waits);
    assert_eq!(queue(store, Some("b")).await, Queue::default());
    store.pause(Scope::Task(name("a")), at(31)).await.unwrap();
    let parked = Queue { held: 2, parked: 2, ..Queue::default() };
    assert_eq!(queue(store, None).await, parked);
    assert_eq!(queue(store, Some("a")).await, parked);
}

pub(crate) async fn the_longest_due_is_found_whatever_its_priority<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    for (task, second, priority) in [("a", 20, 5), ("b", 10, -3), ("c", 30, 0)] {
        let fires = vec![NewFire { priority, ..NewFire::at(at(second)) }];
        let fires = TaskFires { fires, ..due(task, &[second]) };
        store.record_fires(vec![fires], at(second)).await.unwrap();
    }
    let found = queue(store, None).await;
    assert_eq!((found.ready, found.oldest), (3, Some(at(10))));
    assert_eq!(queue(store, Some("c")).await.oldest, Some(at(30)));
}

pub(crate) async fn a_tasks_last_runs_are_told_in_numbers<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    over(store, "a", 10, success()).await;
    over(store, "a", 20, Verdict::failed("no")).await;
    over(store, "b", 30, success()).await;
    fire(store, "a", 40).await;
    let recent = store.recent(name("a"), 9).await.unwrap();
    let told: Vec<_> = recent.iter().map(|it| (it.state.as_str(), it.ended_at)).collect();
    assert_eq!(told, [("failed", at(21)), ("succeeded", at(11))]);
    assert_eq!((recent[0].started_at, recent[0].attempts), (Some(at(20)), 1));
    assert_eq!(recent[0].wall_us, Some(0));
    assert_eq!(store.recent(name("a"), 1).await.unwrap(), recent[..1]);
    assert_eq!(store.recent(name("c"), 9).await.unwrap(), []);
}
