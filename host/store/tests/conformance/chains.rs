//! Tasks that run after others: once for each time that their parents' runs in a tree have
//! come to their ends.

use std::sync::Arc;

use horarium_core::{
    Store,
    attempt::Lease,
    chain::{After, Follower, On, Outputs},
    name::TaskName,
    overlap::Overlap,
    rules::Rules,
    run::{RunEnd, RunState, Trigger},
    schedule::Schedule,
    store::{
        Cancelled, Child, Finish, Finished, NewFire, Registration, RunView, Scope, Start, WaitsFor,
    },
    transition::Transition,
    verdict::Verdict,
};

use crate::{
    given::{at, claim, end, finish, fire, name, run, running, runs, success},
    scene::asked,
};

/// What runs after what, with what input.
type Link<'a> = (&'a str, &'a [&'a str], On, Option<&'a str>);

fn link((task, parents, on, input): Link<'_>) -> Registration {
    let overlap = Overlap::QueueAll { limit: 9 };
    let parents: Vec<TaskName> = parents.iter().map(|parent| name(parent)).collect();
    let after = After { parents, on, input: input.map(str::to_owned) };
    let follower = Follower {
        task: name(task),
        after: after.clone(),
        rules: Rules { overlap, ..Rules::default() },
        args: "{\"depth\":3}".into(),
    };
    Registration {
        task: name(task),
        schedule: Schedule::After(Box::new(after)),
        overlap,
        deadman: None,
        follower: Some(Arc::new(follower)),
    }
}

fn alone(task: &str) -> Registration {
    let overlap = Overlap::Allow { concurrent: None, limit: 9 };
    let (task, schedule) = (name(task), Schedule::Manual);
    Registration { task, schedule, overlap, deadman: None, follower: None }
}

/// Makes these the active tasks: those that run after nothing, and the others.
async fn chained<S: Store>(store: &S, first: &[&str], links: &[Link<'_>]) {
    let tasks = first.iter().map(|task| alone(task));
    let tasks = tasks.chain(links.iter().map(|it| link(*it))).collect();
    store.register(tasks, at(0)).await.unwrap();
}

async fn of_task<S: Store>(store: &S, task: &str) -> Vec<RunView> {
    let mut runs: Vec<_> =
        runs(store).await.into_iter().filter(|run| run.task == name(task)).collect();
    runs.reverse();
    runs
}

async fn count<S: Store>(store: &S, task: &str) -> usize {
    of_task(store, task).await.len()
}

/// Claims all that may begin, by its tasks.
async fn all<S: Store>(store: &S, second: i64) -> Vec<(String, Lease)> {
    let claimed = claim(store, 99, second).await.into_iter();
    claimed.map(|run| (run.fire.task.to_string(), run.lease)).collect()
}

async fn over<S: Store>(store: &S, lease: Lease, second: i64, verdict: Verdict) -> Finished {
    store.finish(end(lease, second, verdict)).await.unwrap()
}

fn returned(output: &str) -> Verdict {
    Verdict::Succeeded { output: Some(output.to_owned()) }
}

fn child(task: &str, second: i64) -> Child {
    Child {
        task: name(task),
        fire: NewFire::at(at(second)),
        overlap: Overlap::Allow { concurrent: None, limit: 9 },
        args: None,
        key: None,
        limit: 99,
    }
}

pub(crate) async fn a_task_follows_its_parents_success<S: Store>(store: &S) {
    let links: &[Link<'_>] = &[("b", &["a"], On::Success, None), ("c", &["b"], On::Success, None)];
    chained(store, &["a"], links).await;
    let first = running(store, "a", 10).await.lease;
    let Finished::Recorded { children, .. } = over(store, first, 11, success()).await else {
        panic!("the lease was held");
    };
    let second = &of_task(store, "b").await[0];
    assert_eq!(children.iter().map(|it| it.run).collect::<Vec<_>>(), [second.run]);
    assert_eq!((second.trigger, second.state), (Trigger::After, RunState::Scheduled));
    assert_eq!((second.parent, second.root), (Some(first.run), Some(first.run)));
    assert_eq!((second.scheduled_for, &second.args), (at(11), &None));
    assert_eq!(count(store, "c").await, 0);
    let claimed = all(store, 11).await;
    over(store, claimed[0].1, 12, success()).await;
    let third = &of_task(store, "c").await[0];
    assert_eq!((third.parent, third.root), (Some(second.run), Some(first.run)));
}

pub(crate) async fn a_retry_is_no_end<S: Store>(store: &S) {
    let links: &[Link<'_>] = &[("b", &["a"], On::Always, None), ("c", &["a"], On::Failure, None)];
    chained(store, &["a"], links).await;
    let lease = running(store, "a", 10).await.lease;
    let again = finish(lease, 11, Verdict::failed("no"), Transition::Retry(at(12)));
    store.finish(again).await.unwrap();
    assert_eq!((count(store, "b").await, count(store, "c").await), (0, 0));
    let claimed = all(store, 12).await;
    over(store, claimed[0].1, 13, Verdict::failed("no")).await;
    assert_eq!((count(store, "b").await, count(store, "c").await), (1, 1));
}

pub(crate) async fn each_way_to_end_has_its_followers<S: Store>(store: &S) {
    let links: &[Link<'_>] = &[
        ("well", &["a"], On::Success, None),
        ("badly", &["a"], On::Failure, None),
        ("ever", &["a"], On::Always, None),
    ];
    chained(store, &["a"], links).await;
    let counts = async || {
        let counts = ["well", "badly", "ever"].map(|task| count(store, task));
        let [well, badly, ever] = counts;
        (well.await, badly.await, ever.await)
    };
    over(store, running(store, "a", 10).await.lease, 11, success()).await;
    assert_eq!(counts().await, (1, 0, 1));
    let _ = all(store, 12).await;
    over(store, running(store, "a", 20).await.lease, 21, Verdict::Lost).await;
    assert_eq!(counts().await, (1, 1, 2));
    let _ = all(store, 22).await;
    over(store, running(store, "a", 30).await.lease, 31, Verdict::Cancelled).await;
    assert_eq!(counts().await, (1, 1, 3));
    // What somebody takes back before it began.
    let run = fire(store, "a", 40).await.run;
    let Cancelled::Over { followers, .. } = store.cancel(run, at(40)).await.unwrap() else {
        panic!("it waited");
    };
    assert_eq!(followers.len(), 1);
    assert_eq!(counts().await, (1, 1, 4));
    // What comes too late has failed.
    let late = Start {
        fire: NewFire { start_by: Some(at(51)), ..NewFire::at(at(50)) },
        overlap: Overlap::Allow { concurrent: None, limit: 9 },
        ..asked("a", 50)
    };
    store.start(late, at(50)).await.unwrap();
    let now = horarium_core::store::Claim {
        node: "here".to_owned(),
        limit: 0,
        now: at(52),
        until: at(82),
    };
    let claims = store.claim(now).await.unwrap();
    assert_eq!((claims.expired.len(), claims.followers.len()), (1, 2));
    assert_eq!(counts().await, (1, 2, 5));
}

pub(crate) async fn a_join_waits_for_all_its_parents_in_a_tree<S: Store>(store: &S) {
    let links: &[Link<'_>] = &[
        ("b", &["a"], On::Success, None),
        ("c", &["a"], On::Success, None),
        ("d", &["b", "c"], On::Success, None),
    ];
    chained(store, &["a"], links).await;
    // Two trees at once.
    let tops = [running(store, "a", 10).await.lease, running(store, "a", 20).await.lease];
    for top in tops {
        over(store, top, 21, success()).await;
    }
    let roots: Vec<_> = of_task(store, "a").await.iter().map(|run| run.run).collect();
    let first = all(store, 30).await;
    let names: Vec<_> = first.iter().map(|(task, _)| task.as_str()).collect();
    assert_eq!(names, ["b", "c"], "one of each at once");
    over(store, first[0].1, 31, success()).await;
    let second = all(store, 31).await;
    over(store, second[0].1, 32, success()).await;
    assert_eq!(count(store, "d").await, 0, "two of one parent are not one of each");
    over(store, first[1].1, 33, success()).await;
    let joined = of_task(store, "d").await;
    assert_eq!(joined.len(), 1);
    assert_eq!((joined[0].root, joined[0].parent), (Some(roots[0]), Some(first[1].1.run)));
    let last = all(store, 34).await;
    let (_, lease) = *last.iter().find(|(task, _)| task == "c").unwrap();
    over(store, lease, 35, success()).await;
    assert_eq!(of_task(store, "d").await[1].root, Some(roots[1]));
}

pub(crate) async fn a_join_is_off_where_a_parent_fails<S: Store>(store: &S) {
    let links: &[Link<'_>] = &[
        ("b", &["a"], On::Success, None),
        ("c", &["a"], On::Success, None),
        ("well", &["b", "c"], On::Success, None),
        ("badly", &["b", "c"], On::Failure, None),
        ("ever", &["b", "c"], On::Always, None),
    ];
    chained(store, &["a"], links).await;
    over(store, running(store, "a", 10).await.lease, 11, success()).await;
    let parents = all(store, 12).await;
    over(store, parents[0].1, 13, Verdict::failed("no")).await;
    assert_eq!((count(store, "badly").await, count(store, "ever").await), (1, 0));
    over(store, parents[1].1, 14, success()).await;
    let counts = (count(store, "well").await, count(store, "badly").await);
    assert_eq!((counts, count(store, "ever").await), ((0, 1), 1));
}

pub(crate) async fn a_repetition_takes_the_place_of_what_it_repeats<S: Store>(store: &S) {
    let links: &[Link<'_>] = &[
        ("b", &["a"], On::Success, None),
        ("c", &["a"], On::Success, None),
        ("d", &["b", "c"], On::Success, None),
    ];
    chained(store, &["a"], links).await;
    over(store, running(store, "a", 10).await.lease, 11, success()).await;
    let parents = all(store, 12).await;
    over(store, parents[0].1, 13, Verdict::failed("no")).await;
    over(store, parents[1].1, 14, success()).await;
    assert_eq!(count(store, "d").await, 0);
    let failed = &of_task(store, "b").await[0];
    let again = Start {
        repeats: Some(failed.run),
        overlap: Overlap::QueueAll { limit: 9 },
        ..asked("b", 20)
    };
    store.start(again, at(20)).await.unwrap();
    let repeated = &of_task(store, "b").await[1];
    assert_eq!((repeated.root, repeated.parent), (failed.root, failed.parent));
    let claimed = all(store, 20).await;
    over(store, claimed[0].1, 21, success()).await;
    assert_eq!(of_task(store, "d").await[0].root, failed.root);
}

pub(crate) async fn what_came_from_a_repeated_run_does_not_count<S: Store>(store: &S) {
    let links: &[Link<'_>] = &[
        ("b", &["a"], On::Success, None),
        ("c", &["b"], On::Success, None),
        ("sum", &["a", "leaf"], On::Success, Some("parts")),
    ];
    chained(store, &["a", "leaf"], links).await;
    let top = running(store, "a", 10).await.lease;
    let fan = |lease, second| Finish {
        children: vec![child("leaf", second)],
        ..end(lease, second, success())
    };
    store.finish(fan(top, 11)).await.unwrap();
    for (task, lease) in all(store, 12).await {
        assert!(["b", "leaf"].contains(&task.as_str()));
        over(store, lease, 13, Verdict::failed("no")).await;
    }
    assert_eq!((count(store, "c").await, count(store, "sum").await), (0, 0));
    // Once more from the top, and all is well: what failed below is of before.
    let overlap = Overlap::Allow { concurrent: None, limit: 9 };
    let again = Start { repeats: Some(top.run), overlap, ..asked("a", 20) };
    store.start(again, at(20)).await.unwrap();
    let claimed = all(store, 20).await;
    store.finish(fan(claimed[0].1, 21)).await.unwrap();
    for (_, lease) in all(store, 22).await {
        over(store, lease, 23, returned("7")).await;
    }
    assert_eq!((count(store, "c").await, count(store, "sum").await), (1, 1));
    let handed_on = of_task(store, "sum").await[0].args.clone();
    assert_eq!(handed_on.as_deref(), Some("{\"depth\":3,\"parts\":{\"a\":null,\"leaf\":[7]}}"));
}

pub(crate) async fn what_was_started_is_waited_for_together<S: Store>(store: &S) {
    let links: &[Link<'_>] =
        &[("sum", &["leaf"], On::Success, Some("parts")), ("alarm", &["leaf"], On::Failure, None)];
    chained(store, &["fan", "leaf"], links).await;
    let lease = running(store, "fan", 10).await.lease;
    let children = (0..3).map(|_| child("leaf", 11)).collect();
    store.finish(Finish { children, ..end(lease, 11, success()) }).await.unwrap();
    let leaves = all(store, 12).await;
    for ((_, lease), number) in leaves.iter().zip(0..) {
        assert_eq!(count(store, "sum").await, 0);
        over(store, *lease, 13 + number, returned(&number.to_string())).await;
    }
    let sum = of_task(store, "sum").await;
    assert_eq!(sum.len(), 1);
    assert_eq!(sum[0].args.as_deref(), Some("{\"depth\":3,\"parts\":[0,1,2]}"));
    assert_eq!(sum[0].root, Some(lease.run));
    assert_eq!(count(store, "alarm").await, 0);
}

pub(crate) async fn what_a_parent_starts_of_itself_comes_first<S: Store>(store: &S) {
    chained(store, &["leaf"], &[("sum", &["leaf"], On::Success, None)]).await;
    let lease = running(store, "leaf", 10).await.lease;
    let more = Finish { children: vec![child("leaf", 11)], ..end(lease, 11, success()) };
    store.finish(more).await.unwrap();
    assert_eq!(count(store, "sum").await, 0);
    let claimed = all(store, 12).await;
    over(store, claimed[0].1, 13, success()).await;
    assert_eq!(count(store, "sum").await, 1);
}

pub(crate) async fn a_parents_output_is_handed_on<S: Store>(store: &S) {
    let links: &[Link<'_>] =
        &[("b", &["a"], On::Success, Some("in")), ("c", &["a", "b"], On::Always, Some("in"))];
    chained(store, &["a"], links).await;
    over(store, running(store, "a", 10).await.lease, 11, returned("{\"n\":1}")).await;
    let b = of_task(store, "b").await;
    assert_eq!(b[0].args.as_deref(), Some("{\"depth\":3,\"in\":{\"n\":1}}"));
    let claimed = all(store, 12).await;
    over(store, claimed[0].1, 13, Verdict::failed("no")).await;
    let c = of_task(store, "c").await;
    let both = "{\"depth\":3,\"in\":{\"a\":{\"n\":1},\"b\":null}}";
    assert_eq!(c[0].args.as_deref(), Some(both));
}

pub(crate) async fn what_can_not_be_handed_on_is_skipped_and_said<S: Store>(store: &S) {
    chained(store, &["a"], &[("b", &["a"], On::Success, Some("in"))]).await;
    let long = format!("\"{}\"", "x".repeat(usize::try_from(Outputs::MOST).unwrap()));
    over(store, running(store, "a", 10).await.lease, 11, returned(&long)).await;
    let skipped = &of_task(store, "b").await[0];
    assert_eq!(skipped.state.as_str(), "skipped");
    assert_eq!(skipped.reason.as_deref(), Some("input_too_large"));
}

pub(crate) async fn what_follows_waits_for_its_task<S: Store>(store: &S) {
    chained(store, &["a"], &[("b", &["a"], On::Success, None)]).await;
    assert!(store.pause(Scope::Task(name("b")), at(5)).await.unwrap());
    over(store, running(store, "a", 10).await.lease, 11, success()).await;
    assert_eq!(of_task(store, "b").await[0].waits_for, Some(WaitsFor::Task));
    // Two at once are one after the other.
    over(store, running(store, "a", 20).await.lease, 21, success()).await;
    store.resume(Scope::Task(name("b")), at(30)).await.unwrap();
    let first = all(store, 30).await;
    assert_eq!((first.len(), count(store, "b").await), (1, 2));
    over(store, first[0].1, 31, success()).await;
    assert_eq!(all(store, 31).await.len(), 1);
}

pub(crate) async fn chains_are_those_of_the_tasks_as_they_are_now<S: Store>(store: &S) {
    chained(store, &["a", "x"], &[("b", &["a"], On::Success, None)]).await;
    let lease = running(store, "a", 10).await.lease;
    let changed = vec![link(("b", &["x"], On::Success, None))];
    store.amend(changed, vec![], at(10)).await.unwrap();
    over(store, lease, 11, success()).await;
    assert_eq!(count(store, "b").await, 0);
    over(store, running(store, "x", 20).await.lease, 21, success()).await;
    assert_eq!(count(store, "b").await, 1);
    store.amend(vec![], vec![name("b")], at(30)).await.unwrap();
    over(store, running(store, "x", 40).await.lease, 41, success()).await;
    assert_eq!(count(store, "b").await, 1);
    let ended = run(store, of_task(store, "x").await[0].run).await.state;
    assert!(matches!(ended, RunState::Ended(RunEnd::Verdict(_))));
}
