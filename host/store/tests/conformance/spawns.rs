//! What a success starts: each run once, all of them or none.

use horarium_core::{
    Store,
    attempt::Lease,
    effects::{Stillborn, Unfit},
    overlap::Overlap,
    run::{RunEnd, RunState, Trigger},
    schedule::Schedule,
    store::{
        Child, Finish, Finished, NewFire, RecordedFire, Registration, RunView, Scope, Start,
        Started, WaitsFor,
    },
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};

use crate::{
    given::{at, claim, due, end, finish, fire, name, run, running, runs, success, tasks},
    scene::asked,
};

/// A run of a task, at the very instant.
fn child(task: &str, second: i64) -> Child {
    Child {
        task: name(task),
        fire: NewFire::at(at(second)),
        overlap: Overlap::Skip,
        args: None,
        key: None,
        limit: 100,
    }
}

fn keyed(task: &str, second: i64, key: &str) -> Child {
    Child { key: Some(key.to_owned()), ..child(task, second) }
}

fn with(finish: Finish, children: Vec<Child>) -> Finish {
    Finish { children, ..finish }
}

/// The runs that a finished attempt has started, or why it has not.
fn made(finished: Finished) -> Result<Vec<RecordedFire>, Unfit> {
    match finished {
        Finished::Recorded { unfit: Some(unfit), children, .. } => {
            assert_eq!(children, [], "nothing is half done");
            Err(unfit)
        }
        Finished::Recorded { children, .. } => Ok(children),
        Finished::Superseded => panic!("the lease was held"),
    }
}

/// Has a new run of `parent` succeed and start these.
async fn start<S: Store>(
    store: &S,
    parent: &str,
    second: i64,
    children: Vec<Child>,
) -> Result<Vec<RecordedFire>, Unfit> {
    let lease = first(store, parent, second).await;
    let finish = with(end(lease, second, success()), children);
    made(store.finish(finish).await.unwrap())
}

/// Fires a task and claims its run, whatever else waits.
async fn first<S: Store>(store: &S, task: &str, second: i64) -> Lease {
    let mut fires = due(task, &[second]);
    fires.fires[0].priority = 1;
    let run = store.record_fires(vec![fires], at(second)).await.unwrap()[0].run;
    let lease = claim(store, 1, second).await[0].lease;
    assert_eq!(lease.run, run);
    lease
}

async fn of_task<S: Store>(store: &S, task: &str) -> Vec<RunView> {
    runs(store).await.into_iter().filter(|run| run.task == name(task)).collect()
}

pub(crate) async fn what_a_success_starts_waits_to_run<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    let args = Some("{\"n\":1}".to_owned());
    let children = vec![Child { args: args.clone(), ..child("b", 10) }, child("c", 10)];
    let lease = running(store, "a", 10).await.lease;
    let finished = store.finish(with(end(lease, 10, success()), children)).await.unwrap();
    assert!(finished.is_end());
    let made = made(finished).unwrap();
    let names: Vec<_> = made.iter().map(|fire| fire.fire.task.as_str()).collect();
    assert_eq!(names, ["b", "c"]);
    let first = run(store, made[0].run).await;
    assert_eq!((first.trigger, first.state), (Trigger::Start, RunState::Scheduled));
    assert_eq!((first.scheduled_for, first.args), (at(10), args));
    assert_eq!((first.parent, first.root), (Some(lease.run), Some(lease.run)));
    let claimed = claim(store, 9, 10).await;
    assert_eq!(claimed.len(), 2);

    // Those that these start belong to the same tree.
    let below = with(end(claimed[0].lease, 11, success()), vec![child("c", 11)]);
    store.finish(below).await.unwrap();
    let leaf = &of_task(store, "c").await[0];
    assert_eq!((leaf.parent, leaf.root), (Some(made[0].run), Some(lease.run)));
    let top = run(store, lease.run).await;
    assert_eq!((top.parent, top.root), (None, None));
}

pub(crate) async fn what_anything_but_a_success_starts_is_not_made<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    let older = running(store, "a", 10).await.lease;
    let failed = finish(older, 11, Verdict::failed("no"), Transition::Retry(at(12)));
    store.finish(with(failed, vec![child("b", 11)])).await.unwrap();
    let newer = claim(store, 1, 12).await[0].lease;
    let late = with(end(older, 13, success()), vec![child("b", 13)]);
    assert_eq!(store.finish(late).await.unwrap(), Finished::Superseded);
    let other = running(store, "c", 13).await.lease;
    let over = with(end(other, 13, Verdict::failed("no")), vec![child("b", 13)]);
    store.finish(over).await.unwrap();
    assert_eq!(of_task(store, "b").await, []);
    let finish = with(end(newer, 14, success()), vec![child("b", 14)]);
    assert_eq!(made(store.finish(finish.clone()).await.unwrap()).unwrap().len(), 1);
    // Said once more, it is over.
    assert_eq!(store.finish(finish).await.unwrap(), Finished::Superseded);
    assert_eq!(of_task(store, "b").await.len(), 1);
}

pub(crate) async fn a_thousand_runs_of_one_instant_are_a_thousand_runs<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let children = (0..1_000).map(|_| Child { limit: 2_000, ..child("b", 10) }).collect();
    let made = start(store, "a", 10, children).await.unwrap();
    let mut instants: Vec<_> = made.iter().map(|made| made.fire.scheduled_for).collect();
    assert!(instants.is_sorted() && instants[999] < at(11), "{:?}", instants[999]);
    instants.dedup();
    assert_eq!(instants.len(), 1_000);
    // One has the task's only slot; the others are not skipped, whatever its policy.
    assert_eq!(claim(store, 9, 10).await.len(), 1);
    let waits = |run: &&RunView| run.waits_for == Some(WaitsFor::EarlierRun);
    assert_eq!(of_task(store, "b").await.iter().filter(waits).count(), 999);
    // Another one's begin where these end.
    let more = start(store, "a", 10_000, vec![Child { limit: 2_000, ..child("b", 10) }]).await;
    assert!(more.unwrap()[0].fire.scheduled_for > made[999].fire.scheduled_for);
}

pub(crate) async fn started_runs_follow_each_other<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let made = start(store, "a", 10, vec![child("b", 10), child("b", 10)]).await.unwrap();
    let first = claim(store, 9, 10).await;
    store.finish(end(first[0].lease, 11, success())).await.unwrap();
    let second = claim(store, 9, 11).await;
    let order: Vec<_> = [&first, &second].map(|claimed| claimed[0].lease.run).to_vec();
    assert_eq!(order, made.iter().map(|made| made.run).collect::<Vec<_>>());
}

pub(crate) async fn a_task_may_start_itself<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let made = start(store, "a", 10, vec![child("a", 10), child("a", 10)]).await.unwrap();
    // The slot that its end has left is taken once.
    let claimed = claim(store, 9, 10).await;
    assert_eq!(claimed.iter().map(|run| run.lease.run).collect::<Vec<_>>(), [made[0].run]);
}

pub(crate) async fn what_is_started_later_waits_for_its_time<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    start(store, "a", 10, vec![child("b", 60), child("b", 10)]).await.unwrap();
    let now = claim(store, 9, 10).await;
    assert_eq!(now.len(), 1);
    assert_eq!(now[0].due_at, at(10));
    store.finish(end(now[0].lease, 11, success())).await.unwrap();
    assert_eq!(claim(store, 9, 59).await, []);
    assert_eq!(claim(store, 9, 60).await.len(), 1);
}

pub(crate) async fn a_key_has_one_run_whoever_starts_it<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    let twice = vec![keyed("b", 10, "k"), keyed("b", 10, "k"), keyed("c", 10, "k")];
    assert_eq!(start(store, "a", 10, twice).await.unwrap().len(), 2);
    assert_eq!(start(store, "a", 20, vec![keyed("b", 20, "k")]).await.unwrap(), []);
    let by_hand = Start { key: Some("k".to_owned()), ..asked("b", 30) };
    let known = of_task(store, "b").await[0].run;
    let started = store.start(by_hand, at(30)).await.unwrap();
    assert_eq!(started, Started::Known(known));
}

pub(crate) async fn more_than_may_wait_are_not_started<S: Store>(store: &S) {
    tasks(store, &["a", "b", "c"]).await;
    let two = |task: &str, second| Child { limit: 2, ..child(task, second) };
    let full = Unfit::Spawn { task: name("b"), reason: Stillborn::Full { limit: 2 } };
    let three = vec![child("c", 10), two("b", 10), two("b", 10), two("b", 10)];
    assert_eq!(start(store, "a", 10, three).await, Err(full.clone()));
    assert_eq!((of_task(store, "b").await, of_task(store, "c").await), (vec![], vec![]));
    let failed = &of_task(store, "a").await[0];
    // It is tried again, by what was said of that.
    assert_eq!((failed.state, failed.attempts), (RunState::Scheduled, 0));
    let error = "can't start `b`: with these, more than 2 of its runs would not be over \
                 (`limit` in `grants.tasks`)";
    assert_eq!(failed.error.as_deref(), Some(error));

    let again = claim(store, 1, 11).await[0].lease;
    assert_eq!(again.run, failed.run);
    let pair = vec![two("b", 11), two("b", 11)];
    made(store.finish(with(end(again, 11, success()), pair)).await.unwrap()).unwrap();
    assert_eq!(start(store, "c", 20, vec![two("b", 20)]).await, Err(full));
    let over = claim(store, 1, 20).await[0].lease;
    store.finish(end(over, 20, success())).await.unwrap();
    assert_eq!(start(store, "c", 30, vec![two("b", 30)]).await.unwrap().len(), 1);
}

pub(crate) async fn what_is_known_by_its_key_takes_no_room<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let one = |key: &str| Child { limit: 1, ..keyed("b", 10, key) };
    start(store, "a", 10, vec![one("k")]).await.unwrap();
    assert_eq!(start(store, "a", 20, vec![one("k")]).await.unwrap(), []);
    assert!(start(store, "a", 30, vec![one("l")]).await.is_err());
}

pub(crate) async fn nothing_is_started_of_a_task_that_is_gone<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let lease = running(store, "a", 10).await.lease;
    tasks(store, &["a"]).await;
    for stranger in ["b", "never"] {
        let unfit = Unfit::Spawn { task: name(stranger), reason: Stillborn::Inactive };
        let over = Transition::End(RunEnd::Verdict(VerdictKind::Failed));
        let finish = with(end(lease, 11, success()), vec![child(stranger, 11)]);
        if stranger == "b" {
            let again = Finish { refused: Transition::Retry(at(11)), ..finish };
            assert_eq!(made(store.finish(again).await.unwrap()), Err(unfit));
            assert_eq!(run(store, lease.run).await.state, RunState::RetryWait);
        } else {
            let lease = claim(store, 1, 11).await[0].lease;
            let last = Finish { lease, refused: over, ..finish };
            assert_eq!(made(store.finish(last).await.unwrap()), Err(unfit));
            assert_eq!(run(store, lease.run).await.state.as_str(), "failed");
        }
    }
}

pub(crate) async fn what_is_started_of_a_paused_task_waits_for_it<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let lease = running(store, "a", 10).await.lease;
    assert!(store.pause(Scope::Task(name("b")), at(10)).await.unwrap());
    let finish = with(end(lease, 11, success()), vec![child("b", 11)]);
    assert_eq!(made(store.finish(finish).await.unwrap()).unwrap().len(), 1);
    assert_eq!(of_task(store, "b").await[0].waits_for, Some(WaitsFor::Task));
    assert!(store.resume(Scope::Task(name("b")), at(12)).await.unwrap());
    assert_eq!(claim(store, 9, 12).await.len(), 1);
}

pub(crate) async fn a_schedule_minds_what_was_started<S: Store>(store: &S) {
    let overlap = Overlap::Allow { concurrent: 2.try_into().ok(), limit: 9 };
    let registration = |task| {
        let (task, schedule) = (name(task), Schedule::Manual);
        Registration { task, schedule, overlap, deadman: None, follower: None }
    };
    store.register(vec![registration("a"), registration("b")], at(0)).await.unwrap();
    let allowed = || Child { overlap, ..child("b", 10) };
    start(store, "a", 10, vec![allowed(), allowed(), allowed()]).await.unwrap();
    assert_eq!(claim(store, 9, 10).await.len(), 2);
    // With its own policy, which skips.
    let fired = fire(store, "b", 20).await;
    assert_eq!(run(store, fired.run).await.state.as_str(), "skipped");
}
