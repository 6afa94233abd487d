//! What people ask for: a run, its end, a task's pause.

use std::num::NonZeroU32;

use horarium_core::{
    Store,
    overlap::{Overlap, SkipReason},
    run::{Expiry, RunEnd, RunId, RunState, Trigger},
    store::{
        Cancelled, CancelledRun, Claim, Finish, Finished, NewFire, Pause, Refusal, Registration,
        Scope, Start, Started, TaskFires, TaskQuery, WaitsFor,
    },
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};

use crate::{
    given::{at, claim, due, end, finish, fire, name, run, running, runs, success, tasks},
    scene::{asked, fire_by, task_with},
};

const OVER: RunState = RunState::Ended(RunEnd::Verdict(VerdictKind::Cancelled));

fn claim_at(now: i64) -> Claim {
    Claim { node: "here".to_owned(), limit: 9, now: at(now), until: at(99) }
}

async fn started<S: Store>(store: &S, start: Start, now: i64) -> RunId {
    match store.start(start, at(now)).await.unwrap() {
        Started::New(recorded) => recorded.run,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_run_that_is_asked_for_has_what_it_is_given<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let before = running(store, "a", 5).await.lease;
    store.finish(end(before, 6, success())).await.unwrap();
    let start = Start { args: Some("[1]".to_owned()), repeats: Some(before.run), ..asked("a", 50) };
    let id = started(store, start, 10).await;
    let view = run(store, id).await;
    assert_eq!((view.trigger, view.repeats), (Trigger::Manual, Some(before.run)));
    assert_eq!(view.waits_for, Some(WaitsFor::Time));
    assert_eq!(claim(store, 9, 49).await, []);
    assert_eq!(claim(store, 9, 50).await[0].args.as_deref(), Some("[1]"));
}

pub(crate) async fn of_one_key_there_is_one_run<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let by_key = |task: &str| Start { key: Some("k".to_owned()), ..asked(task, 10) };
    let first = started(store, by_key("a"), 10).await;
    let again = store.start(by_key("a"), at(11)).await.unwrap();
    assert_eq!(again, Started::Known(first));
    let other = started(store, by_key("b"), 11).await;
    assert_ne!(other, first, "another task's key is another key");
    let lease = claim(store, 9, 12).await[0].lease;
    store.finish(end(lease, 13, success())).await.unwrap();
    let later = store.start(by_key("a"), at(14)).await.unwrap();
    assert_eq!(later, Started::Known(first), "even when it is over");
}

pub(crate) async fn two_that_are_asked_for_at_once_are_two<S: Store>(store: &S) {
    let overlap = Overlap::Allow { concurrent: None, limit: 9 };
    task_with(store, "a", overlap).await;
    for _ in 0..3 {
        started(store, Start { overlap, ..asked("a", 10) }, 10).await;
    }
    assert_eq!(claim(store, 9, 11).await.len(), 3);
}

pub(crate) async fn what_would_be_skipped_is_refused<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    started(store, asked("a", 10), 10).await;
    let refused = store.start(asked("a", 11), at(11)).await.unwrap();
    assert_eq!(refused, Started::Refused(Refusal::Skipped(SkipReason::Overlap)));
    let unknown = store.start(asked("b", 11), at(11)).await.unwrap();
    assert_eq!(unknown, Started::Refused(Refusal::Unknown));
    assert_eq!(runs(store).await.len(), 1, "nothing is recorded of it");
}

pub(crate) async fn a_waiting_run_is_cancelled_at_once<S: Store>(store: &S) {
    task_with(store, "a", Overlap::QueueOne).await;
    let fired = fire_by(store, "a", Overlap::QueueOne, &[10, 20]).await;
    let cancelled = store.cancel(fired[0].run, at(30)).await.unwrap();
    let (waited, fire) = (fired[0].run, fired[0].fire.clone());
    let over = CancelledRun { run: waited, fire, created_at: fired[0].created_at };
    assert_eq!(cancelled, Cancelled::Over { run: over, followers: vec![] });
    let view = run(store, fired[0].run).await;
    assert_eq!((view.state, view.ended_at), (OVER, Some(at(30))));
    assert_eq!(claim(store, 9, 31).await[0].lease.run, fired[1].run, "its slot is free");
    assert_eq!(store.cancel(fired[0].run, at(32)).await.unwrap(), Cancelled::Ended);
    assert_eq!(store.cancel(RunId(99), at(32)).await.unwrap(), Cancelled::Unknown);
}

pub(crate) async fn a_running_run_that_is_cancelled_is_not_tried_again<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    let retry = Transition::Retry(at(30));
    for (task, verdict, transition, state) in [
        ("a", Verdict::Cancelled, retry, OVER),
        ("b", Verdict::Interrupted, Transition::Refund(at(21)), OVER),
        // It was faster.
        (
            "c",
            success(),
            Transition::End(RunEnd::Verdict(VerdictKind::Succeeded)),
            RunState::Ended(RunEnd::Verdict(VerdictKind::Succeeded)),
        ),
    ] {
        let lease = running(store, task, 10).await.lease;
        assert_eq!(store.cancel(lease.run, at(20)).await.unwrap(), Cancelled::Running(lease));
        let finished = store.finish(finish(lease, 21, verdict, transition)).await.unwrap();
        let RunState::Ended(end) = state else { panic!("{state:?}") };
        let transition = Transition::End(end);
        assert_eq!(
            finished,
            Finished::Recorded { transition, quarantined: false, unfit: None, children: vec![] }
        );
        assert_eq!(run(store, lease.run).await.state, state);
    }
}

fn of(task: &str) -> Scope {
    Scope::Task(name(task))
}

pub(crate) async fn nothing_starts_while_all_is_paused<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let lease = running(store, "a", 10).await.lease;
    let waiting = fire(store, "b", 11).await.run;
    assert_eq!(store.paused().await.unwrap(), None);
    assert!(store.pause(Scope::All, at(12)).await.unwrap());
    assert!(store.pause(Scope::All, at(13)).await.unwrap());
    assert_eq!(store.paused().await.unwrap(), Some(at(12)));
    assert_eq!(store.waiting().await.unwrap().paused_at, Some(at(12)));
    assert_eq!(run(store, waiting).await.waits_for, Some(WaitsFor::Host));
    let claims = store.claim(claim_at(20)).await.unwrap();
    assert_eq!((claims.runs, claims.next_due), (Vec::new(), None));
    let refused = store.start(asked("a", 20), at(20)).await.unwrap();
    assert_eq!(refused, Started::Refused(Refusal::AllPaused));
    assert!(store.finish(end(lease, 20, success())).await.unwrap().is_recorded(), "it goes on");
    store.pause(of("b"), at(20)).await.unwrap();
    assert!(store.resume(Scope::All, at(21)).await.unwrap());
    assert_eq!(store.paused().await.unwrap(), None);
    assert_eq!(claim(store, 9, 22).await, [], "its task is paused as well");
    store.resume(of("b"), at(23)).await.unwrap();
    assert_eq!(claim(store, 9, 24).await[0].lease.run, waiting);
}

pub(crate) async fn nothing_of_a_paused_task_starts<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let waiting = fire(store, "a", 10).await.run;
    assert!(store.pause(of("a"), at(11)).await.unwrap());
    assert_eq!(run(store, waiting).await.waits_for, Some(WaitsFor::Task));
    assert_eq!(store.waiting().await.unwrap().aside, 1);
    assert_eq!(claim(store, 9, 20).await, []);
    let refused = store.start(asked("a", 20), at(20)).await.unwrap();
    assert_eq!(refused, Started::Refused(Refusal::Paused(Pause::Paused)));
    tasks(store, &["a", "b"]).await;
    assert_eq!(claim(store, 9, 20).await, [], "to be known again is not to go on");
    assert!(store.resume(of("a"), at(30)).await.unwrap());
    assert_eq!(claim(store, 9, 30).await[0].lease.run, waiting);
    assert!(store.pause(of("b"), at(30)).await.unwrap());
    tasks(store, &["a"]).await;
    assert_eq!(store.waiting().await.unwrap().aside, 0, "it is gone");
    assert!(!store.pause(of("stranger"), at(30)).await.unwrap());
    assert!(!store.resume(of("stranger"), at(30)).await.unwrap());
}

pub(crate) async fn what_runs_when_a_task_is_paused_goes_on<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    store.pause(of("a"), at(11)).await.unwrap();
    let failed = finish(lease, 12, Verdict::failed("no"), Transition::Retry(at(13)));
    assert!(store.finish(failed).await.unwrap().is_recorded());
    assert_eq!(claim(store, 9, 20).await, [], "the next attempt waits");
    store.resume(of("a"), at(21)).await.unwrap();
    assert_eq!(claim(store, 9, 21).await[0].attempt, 2);
}

pub(crate) async fn a_task_that_fails_too_often_is_put_aside<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let quarantine = NonZeroU32::new(2);
    let mut put_aside = Vec::new();
    for (second, verdict) in [
        (10, Verdict::failed("no")),
        (20, success()),
        (30, Verdict::failed("no")),
        (40, Verdict::Cancelled),
        (50, Verdict::failed("no")),
    ] {
        let lease = running(store, "a", second).await.lease;
        let ended = Finish { quarantine, ..end(lease, second + 1, verdict) };
        let finished = store.finish(ended).await.unwrap();
        put_aside.push(matches!(finished, Finished::Recorded { quarantined: true, .. }));
    }
    assert_eq!(put_aside, [false, false, false, false, true]);
    let view = store.tasks(TaskQuery::ALL).await.unwrap().remove(0);
    assert_eq!((view.pause, view.failures), (Some(Pause::Quarantined), 2));
    store.resume(of("a"), at(60)).await.unwrap();
    let view = store.tasks(TaskQuery::ALL).await.unwrap().remove(0);
    assert_eq!((view.pause, view.failures), (None, 0));
    running(store, "a", 70).await;
}

pub(crate) async fn a_run_that_waits_for_too_long_expires<S: Store>(store: &S) {
    let overlap = Overlap::QueueAll { limit: 9 };
    let registrations = ["a", "b", "c"].map(|task| Registration {
        task: name(task),
        schedule: horarium_core::schedule::Schedule::Manual,
        overlap,
        deadman: None,
        follower: None,
    });
    store.register(registrations.to_vec(), at(0)).await.unwrap();
    let (start_by, end_by) = (Some(at(20)), Some(at(30)));
    let new = NewFire::at(at(10));
    for (task, new) in [
        ("a", NewFire { start_by, ..new }),
        ("b", NewFire { end_by, ..new }),
        ("c", NewFire { start_by, end_by, ..new }),
    ] {
        let fires = TaskFires { fires: vec![new], overlap, ..due(task, &[10]) };
        store.record_fires(vec![fires], at(10)).await.unwrap();
    }
    let none = |now| Claim { limit: 0, ..claim_at(now) };
    let claims = store.claim(none(19)).await.unwrap();
    assert_eq!((claims.expired, claims.next_expiry), (Vec::new(), start_by));
    let claims = store.claim(none(20)).await.unwrap();
    let mut expired: Vec<_> = claims
        .expired
        .iter()
        .map(|expired| (expired.fire.task.to_string(), expired.expiry))
        .collect();
    expired.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(expired, [("a".to_owned(), Expiry::Start), ("c".to_owned(), Expiry::Start)]);
    let claims = store.claim(none(30)).await.unwrap();
    assert_eq!(claims.expired[0].expiry, Expiry::Run);
    assert_eq!((claims.next_expiry, claims.next_due), (None, None));
    let reasons: Vec<_> = runs(store).await.into_iter().map(|view| view.reason.unwrap()).collect();
    assert_eq!(reasons, ["start_deadline", "deadline", "start_deadline"]);
}

pub(crate) async fn a_run_that_began_in_time_may_wait_for_its_retry<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let new = NewFire { start_by: Some(at(20)), ..NewFire::at(at(10)) };
    let fires = TaskFires { fires: vec![new], ..due("a", &[10]) };
    store.record_fires(vec![fires], at(10)).await.unwrap();
    let lease = claim(store, 9, 15).await[0].lease;
    let failed = finish(lease, 16, Verdict::failed("no"), Transition::Retry(at(50)));
    store.finish(failed).await.unwrap();
    assert_eq!(claim(store, 9, 50).await.len(), 1);
}

pub(crate) async fn the_end_of_a_held_ones_wait_is_the_next_ones_turn<S: Store>(store: &S) {
    let overlap = Overlap::QueueAll { limit: 9 };
    task_with(store, "a", overlap).await;
    let late = NewFire { start_by: Some(at(20)), ..NewFire::at(at(10)) };
    let fires = TaskFires { fires: vec![late], overlap, ..due("a", &[10]) };
    store.record_fires(vec![fires], at(10)).await.unwrap();
    let next = fire_by(store, "a", overlap, &[11]).await.remove(0).run;
    assert_eq!(claim(store, 9, 20).await[0].lease.run, next);
}
