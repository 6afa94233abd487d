//! Writing down that a task is due.

use horarium_core::{
    Store,
    overlap::{Admission, Overlap, SkipReason},
    run::{Fire, RunEnd, RunState, Trigger},
    schedule::{Cursor, Schedule},
    store::{Registration, TaskFires, TaskQuery},
    transition::Transition,
    verdict::Verdict,
};

use crate::given::{at, claim, due, end, finish, fire, name, run, running, runs, success, tasks};

const SKIPPED: Admission = Admission::Skip(SkipReason::Overlap);

pub(crate) async fn a_fire_becomes_a_waiting_run<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let recorded = store.record_fires(vec![due("a", &[10])], at(15)).await;
    let recorded = recorded.unwrap().remove(0);
    let expected = Fire { task: name("a"), trigger: Trigger::Schedule, scheduled_for: at(10) };
    assert_eq!(recorded.fire, expected);
    assert_eq!(recorded.admission, Admission::Enter);

    let view = run(store, recorded.run).await;
    assert_eq!(view.task, name("a"));
    assert_eq!(view.trigger, Trigger::Schedule);
    assert_eq!(view.scheduled_for, at(10));
    assert_eq!(view.state, RunState::Scheduled);
    assert_eq!(view.created_at, at(15));
    assert_eq!(view.due_at, Some(at(10)));
    assert_eq!((view.started_at, view.ended_at), (None, None));
    assert_eq!(view.attempts, 0);
    assert_eq!((view.reason, view.error, view.output), (None, None, None));
}

pub(crate) async fn a_fire_is_recorded_once<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    fire(store, "a", 10).await;
    let before = runs(store).await;
    let again = store.record_fires(vec![due("a", &[10])], at(99)).await;
    assert_eq!(again.unwrap(), []);
    assert_eq!(runs(store).await, before);
}

pub(crate) async fn a_fire_is_recorded_once_even_after_its_run_is_over<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let claimed = running(store, "a", 10).await;
    store.finish(end(claimed.lease, 11, success())).await.unwrap();
    let again = store.record_fires(vec![due("a", &[10])], at(99)).await;
    assert_eq!(again.unwrap(), []);
    assert_eq!(runs(store).await.len(), 1);
}

pub(crate) async fn another_trigger_or_task_makes_another_fire<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let manual = TaskFires { trigger: Trigger::Manual, ..due("a", &[10]) };
    let fires = vec![due("a", &[10]), manual, due("b", &[10])];
    let recorded = store.record_fires(fires, at(10)).await.unwrap();
    assert_eq!(recorded.len(), 3);
    assert_eq!(runs(store).await.len(), 3);
}

pub(crate) async fn the_cursor_is_written_with_the_fires<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    // The cursor may be ahead of the fires: what lies between was considered too.
    let fires = TaskFires { cursor: Cursor::Considered(at(40)), ..due("a", &[10]) };
    store.record_fires(vec![fires], at(40)).await.unwrap();
    assert_eq!(cursor(store).await, Cursor::Considered(at(40)));
}

pub(crate) async fn the_cursor_is_written_where_nothing_fires<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let fires = TaskFires { cursor: Cursor::Considered(at(40)), ..due("a", &[]) };
    assert_eq!(store.record_fires(vec![fires], at(40)).await.unwrap(), []);
    assert_eq!(cursor(store).await, Cursor::Considered(at(40)));
    fire(store, "a", 50).await;
    let again = store.record_fires(vec![due("a", &[50])], at(50)).await;
    assert_eq!(again.unwrap(), []);
    assert_eq!(cursor(store).await, Cursor::Considered(at(50)));
}

async fn cursor<S: Store>(store: &S) -> Cursor {
    let registration = Registration {
        task: name("a"),
        schedule: Schedule::Manual,
        overlap: Overlap::Skip,
        deadman: None,
        follower: None,
    };
    let states = store.register(vec![registration], at(999)).await;
    states.unwrap()[0].cursor
}

pub(crate) async fn a_fire_is_skipped_while_a_run_waits<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    fire(store, "a", 10).await;
    assert_eq!(fire(store, "a", 20).await.admission, SKIPPED);
}

pub(crate) async fn a_fire_is_skipped_while_a_run_runs<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    running(store, "a", 10).await;
    assert_eq!(fire(store, "a", 20).await.admission, SKIPPED);
}

pub(crate) async fn a_fire_is_skipped_while_a_run_waits_for_a_retry<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let retry = finish(lease, 11, Verdict::failed("no"), Transition::Retry(at(99)));
    store.finish(retry).await.unwrap();
    assert_eq!(fire(store, "a", 20).await.admission, SKIPPED);
}

pub(crate) async fn a_fire_is_admitted_when_the_last_run_is_over<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    fire(store, "a", 20).await;
    let failed = end(lease, 21, Verdict::failed("no"));
    store.finish(failed).await.unwrap();
    assert_eq!(fire(store, "a", 30).await.admission, Admission::Enter);
}

pub(crate) async fn a_skipped_fire_is_a_run_that_is_over<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let recorded = store.record_fires(vec![due("a", &[20])], at(25)).await;
    let skipped = run(store, recorded.unwrap()[0].run).await;
    let ended = RunState::Ended(RunEnd::Skipped(SkipReason::Overlap));
    assert_eq!(skipped.state, ended);
    assert_eq!(skipped.reason.as_deref(), Some("overlap"));
    assert_eq!((skipped.due_at, skipped.started_at), (None, None));
    assert_eq!(skipped.ended_at, Some(at(25)));
    assert_eq!(skipped.attempts, 0);
    assert_eq!(store.attempts(skipped.run).await.unwrap(), []);

    store.finish(end(lease, 26, success())).await.unwrap();
    assert_eq!(claim(store, 9, 99).await, [], "it is never made up for");
}

pub(crate) async fn the_first_of_several_instants_runs<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let fires = vec![due("a", &[10, 20, 30])];
    let recorded = store.record_fires(fires, at(35)).await.unwrap();
    let found: Vec<_> =
        recorded.iter().map(|recorded| (recorded.fire.scheduled_for, recorded.admission)).collect();
    assert_eq!(found, [(at(10), Admission::Enter), (at(20), SKIPPED), (at(30), SKIPPED)]);
    assert!(recorded.is_sorted_by(|one, next| one.run < next.run));
}

pub(crate) async fn an_instant_twice_in_one_batch_is_one_fire<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let fires = vec![due("a", &[10, 10]), due("a", &[10])];
    let recorded = store.record_fires(fires, at(10)).await.unwrap();
    assert_eq!(recorded.len(), 1);
    assert_eq!(runs(store).await.len(), 1);
}

pub(crate) async fn tasks_do_not_hold_each_other_up<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    running(store, "a", 5).await;
    let fires = vec![due("a", &[10]), due("b", &[10])];
    let recorded = store.record_fires(fires, at(10)).await.unwrap();
    assert_eq!(recorded[0].admission, SKIPPED);
    assert_eq!(recorded[1].admission, Admission::Enter);
}

pub(crate) async fn an_unknown_task_is_ignored<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let fires = vec![due("stranger", &[10]), due("a", &[10])];
    let recorded = store.record_fires(fires, at(10)).await.unwrap();
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0].fire.task, name("a"));
    assert_eq!(store.tasks(TaskQuery::ALL).await.unwrap().len(), 1);
}
