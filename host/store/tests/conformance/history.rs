//! Reading the history.

use horarium_core::{
    Store,
    run::RunId,
    store::{LogQuery, RunQuery, Scope, Stand, TaskQuery},
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};

use crate::given::{at, claim, end, finish, fire, name, run, running, runs, success, tasks};

fn all() -> RunQuery {
    RunQuery { limit: 100, ..RunQuery::default() }
}

async fn numbers<S: Store>(store: &S, query: RunQuery) -> Vec<RunId> {
    let runs = store.runs(query).await.unwrap();
    runs.into_iter().map(|run| run.run).collect()
}

/// Of each task a success and a run that waits; oldest first, the tasks in turn.
async fn two_tasks<S: Store>(store: &S) -> [RunId; 4] {
    tasks(store, &["a", "b"]).await;
    let a = running(store, "a", 10).await.lease;
    let b = running(store, "b", 10).await.lease;
    store.finish(end(a, 11, success())).await.unwrap();
    store.finish(end(b, 11, success())).await.unwrap();
    let waiting_a = fire(store, "a", 20).await.run;
    let waiting_b = fire(store, "b", 20).await.run;
    [a.run, b.run, waiting_a, waiting_b]
}

pub(crate) async fn nothing_is_known_of_an_empty_store<S: Store>(store: &S) {
    let run = RunId(1);
    assert_eq!(runs(store).await, []);
    assert_eq!(store.run(run).await.unwrap(), None);
    assert_eq!(store.attempts(run).await.unwrap(), []);
    assert_eq!(store.whole_run(run).await.unwrap(), None);
    let query = LogQuery::whole(run);
    assert_eq!(store.log(query).await.unwrap(), []);
    assert_eq!(store.tasks(TaskQuery::ALL).await.unwrap(), []);
    assert_eq!(store.expired(at(9999)).await.unwrap(), []);
    assert_eq!(claim(store, 9, 9999).await, []);
}

pub(crate) async fn runs_come_newest_first<S: Store>(store: &S) {
    let [a, b, c, d] = two_tasks(store).await;
    assert_eq!(numbers(store, all()).await, [d, c, b, a]);
}

pub(crate) async fn no_more_runs_than_the_limit<S: Store>(store: &S) {
    let [_, _, c, d] = two_tasks(store).await;
    let two = RunQuery { limit: 2, ..all() };
    assert_eq!(numbers(store, two).await, [d, c]);
    let none = RunQuery { limit: 0, ..all() };
    assert_eq!(numbers(store, none).await, []);
}

pub(crate) async fn runs_are_read_in_pages<S: Store>(store: &S) {
    let [a, b, c, d] = two_tasks(store).await;
    let mut before = None;
    for page in [vec![d, c], vec![b, a], vec![]] {
        let query = RunQuery { before, limit: 2, ..all() };
        assert_eq!(numbers(store, query).await, page);
        before = page.last().copied();
    }
}

pub(crate) async fn runs_are_filtered_by_task<S: Store>(store: &S) {
    let [a, b, c, d] = two_tasks(store).await;
    for (task, expected) in [("a", vec![c, a]), ("b", vec![d, b]), ("c", vec![])] {
        let query = RunQuery { task: Some(name(task)), ..all() };
        assert_eq!(numbers(store, query).await, expected);
    }
}

pub(crate) async fn runs_are_filtered_by_state<S: Store>(store: &S) {
    let [a, b, c, d] = two_tasks(store).await;
    for (states, expected) in [
        (vec!["scheduled"], vec![d, c]),
        (vec!["succeeded"], vec![b, a]),
        (vec!["failed", "succeeded", "scheduled"], vec![d, c, b, a]),
        (vec!["no such state"], vec![]),
    ] {
        let query = RunQuery { states: states.into_iter().map(str::to_owned).collect(), ..all() };
        assert_eq!(numbers(store, query).await, expected);
    }
}

pub(crate) async fn filters_add_up<S: Store>(store: &S) {
    let [a, _, c, _] = two_tasks(store).await;
    let query = RunQuery {
        task: Some(name("a")),
        states: vec!["succeeded".to_owned()],
        tree: None,
        before: Some(c),
        limit: 1,
    };
    assert_eq!(numbers(store, query.clone()).await, [a]);
    let before = RunQuery { before: Some(a), ..query };
    assert_eq!(numbers(store, before).await, []);
}

pub(crate) async fn a_run_is_found_by_its_number<S: Store>(store: &S) {
    let [a, _, _, d] = two_tasks(store).await;
    let listed = runs(store).await;
    assert_eq!(run(store, d).await, listed[0]);
    assert_eq!(run(store, a).await, listed[3]);
    for stranger in [RunId(0), RunId(-1), RunId(i64::MAX)] {
        assert_eq!(store.run(stranger).await.unwrap(), None);
    }
}

pub(crate) async fn attempts_come_oldest_first_with_the_running_one<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let mut lease = running(store, "a", 10).await.lease;
    for (verdict, transition) in [
        (Verdict::Interrupted, Transition::Refund(at(12))),
        (Verdict::failed("no"), Transition::Retry(at(12))),
    ] {
        let moved = finish(lease, 11, verdict, transition);
        store.finish(moved).await.unwrap();
        lease = claim(store, 1, 12).await[0].lease;
    }
    let attempts = store.attempts(lease.run).await.unwrap();
    let seen: Vec<_> =
        attempts.iter().map(|attempt| (attempt.lease, attempt.attempt, attempt.verdict)).collect();
    assert_eq!(
        seen,
        [(1, 1, Some(VerdictKind::Interrupted)), (2, 1, Some(VerdictKind::Failed)), (3, 2, None)]
    );
    let current = &attempts[2];
    assert_eq!(current.node, "here");
    assert_eq!((current.started_at, current.ended_at), (at(12), None));
    assert_eq!((current.fuel, current.error.as_deref()), (None, None));
}

pub(crate) async fn tasks_come_by_name_with_their_last_run<S: Store>(store: &S) {
    tasks(store, &["never", "b", "a"]).await;
    let first = running(store, "a", 10).await.lease;
    store.finish(end(first, 11, success())).await.unwrap();
    let last = fire(store, "a", 20).await.run;
    let gone = fire(store, "b", 15).await.run;
    tasks(store, &["never", "a"]).await;

    let tasks = store.tasks(TaskQuery::ALL).await.unwrap();
    let seen: Vec<_> =
        tasks.iter().map(|task| (task.task.as_str(), task.active, task.unfinished)).collect();
    assert_eq!(seen, [("a", true, 1), ("b", false, 1), ("never", true, 0)]);
    assert_eq!(tasks[0].last, Some(run(store, last).await));
    assert_eq!(tasks[1].last, Some(run(store, gone).await));
    assert_eq!(tasks[2].last, None);
    for (number, name) in ["a", "b", "never"].into_iter().enumerate() {
        let found = store.task(name.parse().unwrap()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&tasks[number]));
    }
    assert_eq!(store.task("c".parse().unwrap()).await.unwrap(), None);
}

pub(crate) async fn tasks_are_found_in_pages<S: Store>(store: &S) {
    tasks(store, &["gone"]).await;
    tasks(store, &["a-1", "a-2", "a-3", "b-1"]).await;
    let names = async |query: TaskQuery| {
        let found = store.tasks(query).await.unwrap();
        found.into_iter().map(|view| view.task.to_string()).collect::<Vec<_>>()
    };
    let first = TaskQuery { limit: 2, active: Some(true), ..TaskQuery::ALL };
    assert_eq!(names(first.clone()).await, ["a-1", "a-2"]);
    let after = Some("a-2".parse().unwrap());
    assert_eq!(names(TaskQuery { after, ..first }).await, ["a-3", "b-1"]);
    let containing = "-1".to_owned();
    assert_eq!(names(TaskQuery { containing, ..TaskQuery::ALL }).await, ["a-1", "b-1"]);
    let inactive = TaskQuery { active: Some(false), ..TaskQuery::ALL };
    assert_eq!(names(inactive).await, ["gone"]);
    // What stands for much elsewhere stands for itself.
    let containing = "%".to_owned();
    assert!(names(TaskQuery { containing, ..TaskQuery::ALL }).await.is_empty());
}

pub(crate) async fn tasks_are_found_by_how_they_stand<S: Store>(store: &S) {
    tasks(store, &["fails", "idle", "paused"]).await;
    let lease = running(store, "fails", 10).await.lease;
    store.finish(end(lease, 11, Verdict::failed("no"))).await.unwrap();
    store.pause(Scope::Task(name("paused")), at(12)).await.unwrap();
    for (stand, expected) in [
        (None, vec!["fails", "idle", "paused"]),
        (Some(Stand::Failing), vec!["fails"]),
        (Some(Stand::Paused), vec!["paused"]),
    ] {
        let found = store.tasks(TaskQuery { stand, ..TaskQuery::ALL }).await.unwrap();
        let found: Vec<_> = found.iter().map(|view| view.task.as_str()).collect();
        assert_eq!(found, expected);
    }
}
