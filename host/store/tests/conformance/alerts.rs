//! What is told of a task, and when.

use std::{num::NonZeroU32, time::Duration};

use horarium_core::{
    Outbox, Store,
    alert::{Alert, Condition},
    overlap::Overlap,
    schedule::Schedule,
    store::{AlertQuery, Claim, Finish, NewFire, Registration, Scope, TaskFires},
    transition::Transition,
    verdict::{Failure, FailureKind, Verdict},
};

use crate::given::{at, claim, due, end, finish, fire, name, running, success, tasks};

fn failure(message: &str) -> Verdict {
    Verdict::Failed(Failure { kind: FailureKind::Retry, message: message.to_owned() })
}

/// All alerts, oldest first.
async fn alerts<S: Outbox>(store: &S) -> Vec<Alert> {
    let all = AlertQuery { limit: u32::MAX, ..AlertQuery::default() };
    let found = store.alerts(all).await.unwrap();
    found.into_iter().rev().map(|view| view.alert).collect()
}

/// In a word each: a condition with `+` where it was raised, and `-` where it is over.
async fn told<S: Outbox>(store: &S) -> Vec<String> {
    let all = alerts(store).await;
    let sign = |alert: &Alert| if alert.raised { '+' } else { '-' };
    all.iter().map(|alert| format!("{}{}", alert.condition, sign(alert))).collect()
}

async fn fails<S: Store>(store: &S, task: &str, second: i64, message: &str) {
    let run = running(store, task, second).await;
    assert!(store.finish(end(run.lease, second, failure(message))).await.unwrap().is_end());
}

async fn succeeds<S: Store>(store: &S, task: &str, second: i64) {
    let run = running(store, task, second).await;
    assert!(store.finish(end(run.lease, second, success())).await.unwrap().is_end());
}

/// Records a fire of task `a` that is late from this instant on.
async fn fire_late_at<S: Store>(store: &S, second: i64, late_at: i64) {
    let new = NewFire { late_at: Some(at(late_at)), ..NewFire::at(at(second)) };
    let fires = TaskFires { fires: vec![new], ..due("a", &[second]) };
    assert_eq!(store.record_fires(vec![fires], at(second)).await.unwrap().len(), 1);
}

async fn watched<S: Store>(store: &S, deadman: Option<u64>, now: i64) {
    let registration = Registration {
        task: name("a"),
        schedule: Schedule::Manual,
        overlap: Overlap::Skip,
        deadman: deadman.map(Duration::from_secs),
        follower: None,
    };
    store.register(vec![registration], at(now)).await.unwrap();
}

pub(crate) async fn a_failure_is_told_once_and_so_is_its_end<S: Store + Outbox>(store: &S) {
    tasks(store, &["a", "b"]).await;
    succeeds(store, "a", 1).await;
    fails(store, "a", 2, "no disk").await;
    fails(store, "a", 3, "no disk either").await;
    fails(store, "b", 4, "another task").await;
    succeeds(store, "a", 5).await;
    succeeds(store, "a", 6).await;
    let all = alerts(store).await;
    let [first, other, over] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((first.task.as_str(), first.condition), ("a", Condition::Failure));
    assert_eq!((first.raised, first.at, first.since), (true, at(2), None));
    assert_eq!(first.reason.as_deref(), Some("no disk"));
    assert_eq!(first.run.map(|run| run.0), Some(2));
    assert_eq!((other.task.as_str(), other.raised), ("b", true));
    assert_eq!((over.task.as_str(), over.condition), ("a", Condition::Failure));
    assert_eq!((over.raised, over.at, over.since), (false, at(5), Some(at(2))));
    assert_eq!((over.run.map(|run| run.0), &over.reason), (Some(5), &None));
}

pub(crate) async fn what_is_tried_again_or_cancelled_is_no_failure<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    let run = running(store, "a", 1).await;
    let again = finish(run.lease, 2, failure("once"), Transition::Retry(at(3)));
    store.finish(again).await.unwrap();
    let run = claim(store, 1, 3).await.remove(0);
    store.finish(end(run.lease, 3, Verdict::Cancelled)).await.unwrap();
    assert_eq!(told(store).await, [""; 0]);
    // Neither does it say that all is well again.
    fails(store, "a", 4, "for good").await;
    let run = running(store, "a", 5).await;
    store.finish(end(run.lease, 5, Verdict::Cancelled)).await.unwrap();
    assert_eq!(told(store).await, ["failure+"]);
}

pub(crate) async fn who_is_resumed_without_success_goes_on_failing<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    fails(store, "a", 1, "no").await;
    store.pause(Scope::Task(name("a")), at(2)).await.unwrap();
    store.resume(Scope::Task(name("a")), at(3)).await.unwrap();
    fails(store, "a", 4, "no").await;
    assert_eq!(told(store).await, ["failure+"]);
    succeeds(store, "a", 5).await;
    assert_eq!(told(store).await, ["failure+", "failure-"]);
}

pub(crate) async fn a_skip_is_told_until_a_fire_is_admitted<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    let run = running(store, "a", 1).await;
    for second in 2..5 {
        fire(store, "a", second).await;
    }
    let all = alerts(store).await;
    assert_eq!((all.len(), all[0].reason.as_deref()), (1, Some("overlap")));
    assert_eq!((all[0].at, all[0].run.map(|run| run.0)), (at(2), Some(2)));
    store.finish(end(run.lease, 5, success())).await.unwrap();
    // That a run succeeded does not tell whether the next one is skipped.
    assert_eq!(told(store).await, ["skip+"]);
    fire(store, "a", 6).await;
    assert_eq!(told(store).await, ["skip+", "skip-"]);
}

pub(crate) async fn a_look_that_makes_a_run_has_skipped_nothing<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    let missed = TaskFires { passed: Some(at(3)), ..due("a", &[4, 5]) };
    assert_eq!(store.record_fires(vec![missed], at(9)).await.unwrap().len(), 3);
    assert_eq!(told(store).await, [""; 0]);
    let missed = TaskFires { passed: Some(at(10)), ..due("a", &[]) };
    store.record_fires(vec![missed], at(11)).await.unwrap();
    let all = alerts(store).await;
    assert_eq!((all.len(), all[0].reason.as_deref()), (1, Some("misfire")));
}

pub(crate) async fn a_run_that_begins_late_is_told_until_one_does_not<S: Store + Outbox>(
    store: &S,
) {
    tasks(store, &["a"]).await;
    for (second, begins, expected) in [
        (10, 14, &[][..]),
        (20, 25, &["lateness+"]),
        (30, 36, &["lateness+"]),
        (40, 41, &["lateness+", "lateness-"]),
        (50, 54, &["lateness+", "lateness-"]),
    ] {
        fire_late_at(store, second, second + 5).await;
        let run = claim(store, 1, begins).await.remove(0);
        assert_eq!(told(store).await, expected, "{second}");
        // Its next attempts are not late for that.
        let again = finish(run.lease, begins, failure("once"), Transition::Retry(at(begins + 1)));
        store.finish(again).await.unwrap();
        let run = claim(store, 1, begins + 1).await.remove(0);
        store.finish(end(run.lease, begins + 1, success())).await.unwrap();
        assert_eq!(told(store).await, expected, "{second}");
    }
}

pub(crate) async fn a_run_that_should_have_begun_is_told_while_it_waits<S: Store + Outbox>(
    store: &S,
) {
    tasks(store, &["a"]).await;
    fire_late_at(store, 10, 15).await;
    let look = |now| Claim { node: "here".to_owned(), limit: 0, now: at(now), until: at(now) };
    let claims = store.claim(look(11)).await.unwrap();
    assert_eq!((claims.next_expiry, told(store).await.len()), (Some(at(15)), 0));
    for _ in 0..2 {
        let claims = store.claim(look(15)).await.unwrap();
        assert_eq!((claims.next_expiry, told(store).await), (None, vec!["lateness+".to_owned()]));
    }
    // Begun at last, it was late all the same.
    assert_eq!(claim(store, 1, 16).await.len(), 1);
    assert_eq!(told(store).await, ["lateness+"]);
}

pub(crate) async fn what_waits_for_its_task_is_not_late<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    fire_late_at(store, 10, 15).await;
    store.pause(Scope::Task(name("a")), at(11)).await.unwrap();
    assert_eq!(claim(store, 1, 20).await.len(), 0);
    assert_eq!(told(store).await, [""; 0]);
    store.resume(Scope::Task(name("a")), at(21)).await.unwrap();
    assert_eq!(claim(store, 1, 21).await.len(), 1);
    assert_eq!(told(store).await, ["lateness+"]);
}

pub(crate) async fn a_run_that_expires_before_it_began_is_late<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    let new = NewFire { start_by: Some(at(20)), ..NewFire::at(at(10)) };
    let fires = TaskFires { fires: vec![new], ..due("a", &[10]) };
    store.record_fires(vec![fires], at(10)).await.unwrap();
    assert_eq!(claim(store, 1, 20).await.len(), 0);
    let all = alerts(store).await;
    assert_eq!((all.len(), all[0].condition), (1, Condition::Lateness));
    assert_eq!(all[0].reason.as_deref(), Some("start_deadline"));
    // Nobody said when a run is late: one that begins is not.
    succeeds(store, "a", 30).await;
    assert_eq!(told(store).await, ["lateness+", "lateness-"]);
}

pub(crate) async fn a_run_that_expires_after_it_began_has_failed<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    let new = NewFire { end_by: Some(at(20)), ..NewFire::at(at(10)) };
    let fires = TaskFires { fires: vec![new], ..due("a", &[10]) };
    store.record_fires(vec![fires], at(10)).await.unwrap();
    let run = claim(store, 1, 10).await.remove(0);
    let again = finish(run.lease, 11, failure("once"), Transition::Retry(at(30)));
    store.finish(again).await.unwrap();
    assert_eq!(claim(store, 1, 20).await.len(), 0);
    let all = alerts(store).await;
    assert_eq!((all.len(), all[0].condition), (1, Condition::Failure));
    assert_eq!(all[0].reason.as_deref(), Some("deadline"));
}

pub(crate) async fn a_quarantine_is_told_until_it_is_lifted<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    for second in 1..3 {
        let run = running(store, "a", second).await;
        let ended = end(run.lease, second, failure("no"));
        store.finish(Finish { quarantine: NonZeroU32::new(2), ..ended }).await.unwrap();
    }
    assert_eq!(told(store).await, ["failure+", "quarantine+"]);
    store.resume(Scope::Task(name("a")), at(5)).await.unwrap();
    store.resume(Scope::Task(name("a")), at(6)).await.unwrap();
    let all = alerts(store).await;
    let over = all.last().unwrap();
    assert_eq!((all.len(), over.condition, over.raised), (3, Condition::Quarantine, false));
    assert_eq!((over.at, over.since, over.run), (at(5), Some(at(2)), None));
}

pub(crate) async fn a_task_that_does_not_succeed_in_time_is_told_until_it_does<
    S: Store + Outbox,
>(
    store: &S,
) {
    watched(store, Some(100), 0).await;
    succeeds(store, "a", 50).await;
    fails(store, "a", 140, "no").await;
    let look = |now| Claim { node: "here".to_owned(), limit: 0, now: at(now), until: at(now) };
    let next = store.claim(look(149)).await.unwrap().next_expiry;
    assert_eq!((next, told(store).await.len()), (Some(at(150)), 1));
    // Paused or not: somebody may have forgotten about it.
    store.pause(Scope::All, at(149)).await.unwrap();
    for now in [150, 400] {
        assert_eq!(store.claim(look(now)).await.unwrap().next_expiry, None);
    }
    store.resume(Scope::All, at(400)).await.unwrap();
    assert_eq!(told(store).await, ["failure+", "deadman+"]);
    succeeds(store, "a", 410).await;
    assert_eq!(told(store).await, ["failure+", "deadman+", "failure-", "deadman-"]);
    assert_eq!(store.claim(look(411)).await.unwrap().next_expiry, Some(at(510)));
}

pub(crate) async fn a_deadman_counts_from_when_it_is_wanted<S: Store + Outbox>(store: &S) {
    watched(store, None, 0).await;
    claim(store, 0, 1_000).await;
    watched(store, Some(100), 1_000).await;
    claim(store, 0, 1_099).await;
    assert_eq!(told(store).await, [""; 0]);
    // Nobody has succeeded meanwhile, whatever the time is called.
    watched(store, Some(50), 1_099).await;
    claim(store, 0, 1_099).await;
    assert_eq!(told(store).await, ["deadman+"]);
    // Who does not want it any more is told no more of it.
    watched(store, None, 1_200).await;
    watched(store, Some(u64::MAX), 1_300).await;
    claim(store, 0, 9_999).await;
    assert_eq!(told(store).await, ["deadman+"]);
    watched(store, Some(100), 9_999).await;
    claim(store, 0, 10_098).await;
    assert_eq!(told(store).await, ["deadman+"]);
    claim(store, 0, 10_099).await;
    assert_eq!(told(store).await, ["deadman+", "deadman+"]);
}

pub(crate) async fn what_is_wrong_with_a_task_stays_so_while_it_is_gone<S: Store + Outbox>(
    store: &S,
) {
    watched(store, Some(10), 0).await;
    fails(store, "a", 1, "no").await;
    // Its plugin was late, say.
    store.register(Vec::new(), at(2)).await.unwrap();
    claim(store, 0, 100).await;
    assert_eq!(told(store).await, ["failure+"]);
    watched(store, Some(10), 200).await;
    claim(store, 0, 200).await;
    assert_eq!(told(store).await, ["failure+", "deadman+"]);
    fails(store, "a", 209, "no").await;
    succeeds(store, "a", 210).await;
    assert_eq!(told(store).await, ["failure+", "deadman+", "failure-", "deadman-"]);
}

pub(crate) async fn what_is_late_is_told_once_while_all_is_paused<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    fire_late_at(store, 10, 15).await;
    store.pause(Scope::All, at(11)).await.unwrap();
    let look = |now| Claim { node: "here".to_owned(), limit: 1, now: at(now), until: at(now) };
    for _ in 0..2 {
        // Nobody has to look again for it.
        assert_eq!(store.claim(look(20)).await.unwrap().next_expiry, None);
        assert_eq!(told(store).await, ["lateness+"]);
    }
}

pub(crate) async fn a_clock_that_was_ahead_holds_nothing_up<S: Store + Outbox>(store: &S) {
    watched(store, Some(100), 49_950).await;
    succeeds(store, "a", 50_000).await;
    store.set_back(Duration::from_secs(49_000), at(1_000)).await.unwrap();
    claim(store, 0, 1_099).await;
    assert_eq!(told(store).await, [""; 0]);
    claim(store, 0, 1_100).await;
    assert_eq!(told(store).await, ["deadman+"]);
}

pub(crate) async fn a_result_that_is_discarded_tells_nothing<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    let run = running(store, "a", 1).await;
    store.finish(end(run.lease, 2, success())).await.unwrap();
    let late = end(run.lease, 3, failure("too late"));
    assert!(!store.finish(late).await.unwrap().is_recorded());
    // Nor does what is over before it began, as somebody asked for it.
    assert_eq!(told(store).await, [""; 0]);
}

pub(crate) async fn a_long_reason_is_cut<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    fails(store, "a", 1, &"ä".repeat(Alert::REASON)).await;
    let all = alerts(store).await;
    assert_eq!(all[0].reason.as_deref(), Some("ä".repeat(Alert::REASON / 2).as_str()));
}
