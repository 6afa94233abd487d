//! Which runs of a task go on at once, and which wait for them.

use std::{num::NonZeroU32, time::Duration};

use horarium_core::{
    Store,
    overlap::{Admission, Overlap, SkipReason},
    run::{RunEnd, RunState},
    store::{Claim, Finish, NewFire, TaskFires, WaitsFor},
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};

use crate::{
    given::{at, claim, due, end, finish, fire, run, running, runs, success, tasks},
    scene::{fire_by, task_with},
};

const TWO_AT_ONCE: Overlap =
    Overlap::Allow { concurrent: Some(NonZeroU32::new(2).unwrap()), limit: 9 };

pub(crate) async fn a_held_run_waits_for_the_one_before_it<S: Store>(store: &S) {
    task_with(store, "a", Overlap::QueueOne).await;
    let fired = fire_by(store, "a", Overlap::QueueOne, &[10, 20, 30]).await;
    let admissions: Vec<_> = fired.iter().map(|fire| fire.admission).collect();
    let full = Admission::Skip(SkipReason::QueueFull);
    assert_eq!(admissions, [Admission::Enter, Admission::Hold, full]);
    assert_eq!(run(store, fired[1].run).await.waits_for, Some(WaitsFor::EarlierRun));

    let first = claim(store, 9, 40).await;
    assert_eq!(first.len(), 1, "the other one is held");
    assert_eq!(claim(store, 9, 40).await, []);
    store.finish(end(first[0].lease, 41, success())).await.unwrap();
    assert_eq!(run(store, fired[1].run).await.waits_for, Some(WaitsFor::Slot));
    let second = claim(store, 9, 42).await;
    assert_eq!(second[0].lease.run, fired[1].run);
}

pub(crate) async fn a_run_that_is_tried_again_keeps_its_slot<S: Store>(store: &S) {
    task_with(store, "a", Overlap::QueueOne).await;
    fire_by(store, "a", Overlap::QueueOne, &[10, 20]).await;
    let first = claim(store, 9, 20).await.remove(0).lease;
    let failed = finish(first, 21, Verdict::failed("no"), Transition::Retry(at(30)));
    store.finish(failed).await.unwrap();
    assert_eq!(claim(store, 9, 29).await, []);
    let again = claim(store, 9, 30).await;
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].lease.run, first.run);
}

pub(crate) async fn so_many_runs_go_on_at_once<S: Store>(store: &S) {
    task_with(store, "a", TWO_AT_ONCE).await;
    fire_by(store, "a", TWO_AT_ONCE, &[10, 20, 30, 40]).await;
    let first = claim(store, 9, 50).await;
    assert_eq!(first.len(), 2);
    store.finish(end(first[1].lease, 51, success())).await.unwrap();
    let next = claim(store, 9, 52).await;
    assert_eq!(next.len(), 1, "one ended, one begins");
    assert_eq!(next[0].fire.scheduled_for, at(30), "in their order");
}

pub(crate) async fn more_slots_let_more_begin<S: Store>(store: &S) {
    task_with(store, "a", Overlap::QueueAll { limit: 9 }).await;
    fire_by(store, "a", Overlap::QueueAll { limit: 9 }, &[10, 20, 30, 40]).await;
    assert_eq!(claim(store, 9, 50).await.len(), 1);
    task_with(store, "a", TWO_AT_ONCE).await;
    assert_eq!(claim(store, 9, 50).await.len(), 1, "two at once now");
    task_with(store, "a", Overlap::Allow { concurrent: None, limit: 9 }).await;
    assert_eq!(claim(store, 9, 50).await.len(), 2);
}

pub(crate) async fn a_new_run_takes_the_place_of_those_before_it<S: Store>(store: &S) {
    let overlap = Overlap::CancelPrevious;
    task_with(store, "a", overlap).await;
    let first = fire_by(store, "a", overlap, &[10]).await.remove(0).run;
    let second = fire_by(store, "a", overlap, &[20]).await.remove(0);
    assert_eq!((second.admission, &second.replaces[..]), (Admission::Replace, &[][..]));
    let cancelled = RunState::Ended(RunEnd::Verdict(VerdictKind::Cancelled));
    assert_eq!(run(store, first).await.state, cancelled, "it waited");

    let running = claim(store, 9, 21).await.remove(0).lease;
    let third = fire_by(store, "a", overlap, &[30]).await.remove(0);
    assert_eq!(third.replaces, [running]);
    assert_eq!(claim(store, 9, 31).await, [], "the one before has to end first");
    let failed = finish(running, 32, Verdict::Cancelled, Transition::Retry(at(40)));
    store.finish(failed).await.unwrap();
    assert_eq!(run(store, running.run).await.state, cancelled, "there is no other attempt");
    assert_eq!(claim(store, 9, 33).await[0].lease.run, third.run);
}

pub(crate) async fn what_fired_before_replaces_nothing<S: Store>(store: &S) {
    let overlap = Overlap::CancelPrevious;
    task_with(store, "a", overlap).await;
    fire_by(store, "a", overlap, &[10]).await;
    assert_eq!(fire_by(store, "a", overlap, &[10]).await, []);
    assert_eq!(runs(store).await[0].state, RunState::Scheduled);
}

pub(crate) async fn the_highest_priority_comes_first<S: Store>(store: &S) {
    tasks(store, &["low", "high", "later"]).await;
    for (task, second, priority) in [("low", 10, -1), ("high", 20, 5), ("later", 30, 5)] {
        let fires = vec![NewFire { priority, ..NewFire::at(at(second)) }];
        let fires = TaskFires { fires, ..due(task, &[second]) };
        store.record_fires(vec![fires], at(second)).await.unwrap();
    }
    let order: Vec<_> =
        claim(store, 9, 30).await.iter().map(|run| run.fire.task.to_string()).collect();
    assert_eq!(order, ["high", "later", "low"]);
}

pub(crate) async fn the_next_run_has_a_priority_of_its_own<S: Store>(store: &S) {
    tasks(store, &["chain", "other"]).await;
    let lease = running(store, "chain", 10).await.lease;
    let next = NewFire { priority: 7, ..NewFire::at(at(30)) };
    let ended = Finish { follow_up: Some(next), ..end(lease, 11, success()) };
    store.finish(ended).await.unwrap();
    fire(store, "other", 20).await;
    let first = claim(store, 1, 30).await.remove(0);
    assert_eq!(first.fire.task.as_str(), "chain", "it does not inherit that of the one before");
}

pub(crate) async fn a_clock_that_goes_back_keeps_nobody_waiting<S: Store>(store: &S) {
    task_with(store, "a", Overlap::Skip).await;
    fire_by(store, "a", Overlap::Skip, &[10]).await;
    let early = Claim { node: "here".to_owned(), limit: 9, now: at(-3_600), until: at(0) };
    assert_eq!(store.claim(early).await.unwrap().runs.len(), 1, "its time had come");
}

pub(crate) async fn who_waits_for_a_length_of_time_is_set_back_with_the_clock<S: Store>(store: &S) {
    tasks(store, &["tried", "later"]).await;
    let lease = running(store, "tried", 10).await.lease;
    let again = finish(lease, 11, Verdict::failed("no"), Transition::Retry(at(4_000)));
    store.finish(again).await.unwrap();
    let later = TaskFires { fires: vec![NewFire::at(at(4_000))], ..due("later", &[20]) };
    store.record_fires(vec![later], at(20)).await.unwrap();
    store.set_back(Duration::from_secs(3_600), at(-3_000)).await.unwrap();
    assert_eq!(claim(store, 9, 399).await, []);
    let claimed = claim(store, 9, 400).await;
    assert_eq!(claimed.len(), 1, "the other one waits for an instant");
    assert_eq!(claimed[0].lease.run, lease.run);
    // However far.
    store
        .finish(finish(claimed[0].lease, 401, Verdict::failed("no"), Transition::Retry(at(500))))
        .await
        .unwrap();
    store.set_back(Duration::MAX, at(-99)).await.unwrap();
    assert_eq!(claim(store, 9, -99).await.len(), 1);
}

pub(crate) async fn an_instant_that_is_let_pass_is_a_skipped_run<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let fires = TaskFires { passed: Some(at(10)), ..due("a", &[20]) };
    let recorded = store.record_fires(vec![fires], at(20)).await.unwrap();
    assert_eq!(recorded[0].admission, Admission::Skip(SkipReason::Misfire));
    assert_eq!(recorded[1].admission, Admission::Enter);
    assert_eq!(run(store, recorded[0].run).await.reason.as_deref(), Some("misfire"));
}
