//! Which tasks there are, and where their schedules stand.

use std::time::Duration;

use horarium_core::{
    Store,
    overlap::Overlap,
    run::{RunState, Trigger},
    schedule::{Cursor, Every, Schedule},
    store::{NewFire, Registration, TaskFires, TaskQuery, TaskState},
    transition::Transition,
    verdict::Verdict,
};

use crate::given::{at, claim, due, end, finish, fire, name, run, running, runs, success, tasks};

fn every(seconds: u64) -> Schedule {
    Schedule::Every(Every::new(Duration::from_secs(seconds), Duration::ZERO).unwrap())
}

fn registrations(tasks: &[(&str, &Schedule)]) -> Vec<Registration> {
    let registration = |(task, schedule): &(&str, &Schedule)| Registration {
        task: name(task),
        schedule: (*schedule).clone(),
        overlap: Overlap::Skip,
        deadman: None,
        follower: None,
    };
    tasks.iter().map(registration).collect()
}

async fn register<S: Store>(store: &S, tasks: &[(&str, &Schedule)], second: i64) -> Vec<TaskState> {
    store.register(registrations(tasks), at(second)).await.unwrap()
}

async fn cursor<S: Store>(store: &S, schedule: &Schedule, second: i64) -> Cursor {
    register(store, &[("a", schedule)], second).await[0].cursor
}

pub(crate) async fn a_new_task_starts_at_its_creation<S: Store>(store: &S) {
    let states = register(store, &[("a", &every(60))], 100).await;
    let new =
        TaskState { task: name("a"), cursor: Cursor::Created(at(100)), unfinished: 0, pause: None };
    assert_eq!(states, [new]);
    assert_eq!(store.tasks(TaskQuery::ALL).await.unwrap()[0].created_at, at(100));
}

pub(crate) async fn a_known_task_keeps_its_creation<S: Store>(store: &S) {
    register(store, &[("a", &every(60))], 100).await;
    register(store, &[], 150).await;
    let cursor = cursor(store, &every(60), 200).await;
    assert_eq!(cursor, Cursor::Created(at(100)));
    assert_eq!(store.tasks(TaskQuery::ALL).await.unwrap()[0].created_at, at(100));
}

pub(crate) async fn answers_come_in_the_order_of_the_question<S: Store>(store: &S) {
    let hourly = every(3600);
    register(store, &[("b", &hourly), ("a", &hourly)], 0).await;
    let tasks = [("c", &hourly), ("a", &hourly), ("b", &hourly)];
    let states = register(store, &tasks, 1).await;
    let names: Vec<_> = states.iter().map(|state| state.task.as_str()).collect();
    assert_eq!(names, ["c", "a", "b"]);
}

pub(crate) async fn the_same_schedule_keeps_its_cursor<S: Store>(store: &S) {
    register(store, &[("a", &every(60))], 0).await;
    fire(store, "a", 60).await;
    let cursor = cursor(store, &every(60), 500).await;
    assert_eq!(cursor, Cursor::Considered(at(60)));
}

pub(crate) async fn a_changed_schedule_restarts_where_its_rule_says<S: Store>(store: &S) {
    register(store, &[("a", &every(60))], 10).await;
    fire(store, "a", 60).await;
    for (second, schedule) in [
        (100, every(30)),
        (110, Schedule::Manual),
        (120, Schedule::Once),
        (130, Schedule::At(at(1000))),
        (140, Schedule::At(at(2000))),
        (150, every(30)),
    ] {
        let restarted = cursor(store, &schedule, second).await;
        assert_eq!(restarted, schedule.restart(at(10), at(second)));
        let kept = cursor(store, &schedule, 999).await;
        assert_eq!(kept, restarted, "after a restart by {schedule}");
    }
}

pub(crate) async fn once_stays_single_when_the_schedule_changes_and_returns<S: Store>(store: &S) {
    stays_single(store, &Schedule::Once).await;
}

pub(crate) async fn at_stays_single_when_the_schedule_changes_and_returns<S: Store>(store: &S) {
    stays_single(store, &Schedule::At(at(20))).await;
}

async fn stays_single<S: Store>(store: &S, single: &Schedule) {
    for (now, expected) in [(30, 1), (60, 0)] {
        let cursor = cursor(store, single, now - 20).await;
        let instant = single.next(cursor).unwrap();
        let fires = TaskFires {
            task: name("a"),
            trigger: single.trigger(),
            fires: vec![NewFire::at(instant)],
            passed: None,
            cursor: Cursor::Considered(instant),
            overlap: Overlap::Skip,
        };
        let recorded = store.record_fires(vec![fires], at(now)).await.unwrap();
        assert_eq!(recorded.len(), expected);
        for run in claim(store, 9, now).await {
            store.finish(end(run.lease, now, success())).await.unwrap();
        }
        register(store, &[("a", &Schedule::Manual)], now + 5).await;
    }
    assert_eq!(runs(store).await.len(), 1);
}

pub(crate) async fn a_task_that_is_left_out_becomes_inactive<S: Store>(store: &S) {
    let active = async || {
        let tasks = store.tasks(TaskQuery::ALL).await.unwrap();
        tasks.iter().map(|task| task.active).collect::<Vec<_>>()
    };
    tasks(store, &["a", "b"]).await;
    assert_eq!(active().await, [true, true]);
    tasks(store, &["b"]).await;
    assert_eq!(active().await, [false, true]);
    tasks(store, &[]).await;
    assert_eq!(active().await, [false, false]);
    tasks(store, &["a"]).await;
    assert_eq!(active().await, [true, false]);
}

pub(crate) async fn runs_of_an_inactive_task_wait_for_its_return<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let waiting = fire(store, "a", 10).await.run;
    tasks(store, &["b"]).await;
    let wish = horarium_core::store::Claim {
        node: "here".to_owned(),
        limit: 9,
        now: at(20),
        until: at(50),
    };
    let claims = store.claim(wish).await.unwrap();
    assert_eq!(claims.runs, []);
    assert_eq!(claims.next_due, None, "nobody has to come back for it");
    assert_eq!(run(store, waiting).await.state, RunState::Scheduled);

    tasks(store, &["a", "b"]).await;
    assert_eq!(claim(store, 9, 20).await[0].lease.run, waiting);
}

pub(crate) async fn a_running_run_of_an_inactive_task_may_end<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let claimed = running(store, "a", 10).await;
    tasks(store, &[]).await;
    assert_eq!(store.renew(vec![claimed.lease], at(60)).await.unwrap(), []);
    let ended = store.finish(end(claimed.lease, 11, success())).await;
    assert!(ended.unwrap().is_recorded());
}

pub(crate) async fn runs_that_are_not_over_are_counted<S: Store>(store: &S) {
    let unfinished = async || {
        let states = register(store, &[("a", &Schedule::Manual)], 0).await;
        let seen = store.tasks(TaskQuery::ALL).await.unwrap()[0].unfinished;
        assert_eq!(states[0].unfinished, seen, "both ways to ask agree");
        seen
    };
    assert_eq!(unfinished().await, 0);
    let manual = TaskFires { trigger: Trigger::Manual, ..due("a", &[10]) };
    store.record_fires(vec![manual], at(10)).await.unwrap();
    assert_eq!(unfinished().await, 1, "one waits");
    fire(store, "a", 10).await;
    assert_eq!(unfinished().await, 1, "what was skipped is over");
    let lease = claim(store, 1, 10).await[0].lease;
    assert_eq!(unfinished().await, 1, "one runs");
    let retry = finish(lease, 11, Verdict::Lost, Transition::Retry(at(20)));
    store.finish(retry).await.unwrap();
    assert_eq!(unfinished().await, 1, "one waits for a retry");
    let lease = claim(store, 1, 20).await[0].lease;
    store.finish(end(lease, 21, success())).await.unwrap();
    assert_eq!(unfinished().await, 0);
}

pub(crate) async fn an_amendment_leaves_what_it_does_not_name<S: Store>(store: &S) {
    register(store, &[("a", &every(60)), ("b", &every(60))], 0).await;
    register(store, &[("a", &every(60))], 1).await;
    let before = store.tasks(TaskQuery::ALL).await.unwrap();
    let states = store.amend(Vec::new(), Vec::new(), at(10)).await.unwrap();
    assert_eq!(states, []);
    assert_eq!(store.tasks(TaskQuery::ALL).await.unwrap(), before);
}

pub(crate) async fn an_amendment_makes_what_it_names_new_changed_or_inactive<S: Store>(store: &S) {
    let tasks = [("changed", &every(60)), ("gone", &every(60)), ("same", &every(60))];
    register(store, &tasks, 0).await;
    fire(store, "changed", 60).await;
    let amended = registrations(&[("new", &every(60)), ("changed", &every(90))]);
    let removed = vec![name("gone"), name("unheard-of")];
    let states = store.amend(amended, removed, at(100)).await.unwrap();
    let new = Cursor::Created(at(100));
    let changed = every(90).restart(at(0), at(100));
    let state =
        |task, cursor, unfinished| TaskState { task: name(task), cursor, unfinished, pause: None };
    assert_eq!(states, [state("new", new, 0), state("changed", changed, 1)]);
    let active: Vec<_> = store.tasks(TaskQuery::ALL).await.unwrap();
    let active: Vec<_> = active.iter().map(|task| (task.task.as_str(), task.active)).collect();
    assert_eq!(active, [("changed", true), ("gone", false), ("new", true), ("same", true)]);
}
