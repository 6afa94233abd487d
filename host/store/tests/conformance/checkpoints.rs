//! What an attempt leaves to the next one of its run.

use std::time::Duration;

use horarium_core::{
    Store,
    attempt::Lease,
    checkpoint::{Checkpoint, CheckpointView},
    effects::{Bucket, Changes, Effects, Key, Quota, Seen},
    retention::Retention,
    run::RunId,
    store::{Start, Started},
    transition::Transition,
    verdict::Verdict,
};

use crate::{
    given::{at, claim, end, finish, fire, name, running, success, tasks},
    scene::asked,
};

async fn save<S: Store>(store: &S, lease: Lease, value: &str, second: i64) -> bool {
    store.save_checkpoint(lease, value.into(), at(second)).await.unwrap()
}

/// What is there, as text.
async fn text<S: Store>(store: &S, run: RunId) -> Option<String> {
    let found = store.checkpoint(run).await.unwrap();
    found.map(|checkpoint| String::from_utf8(checkpoint.value).unwrap())
}

pub(crate) async fn the_next_attempt_finds_what_was_saved_last<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let first = running(store, "a", 10).await.lease;
    assert_eq!(store.checkpoint(first.run).await.unwrap(), None);
    assert!(save(store, first, "half", 11).await);
    assert!(save(store, first, "more", 12).await);
    let failed = finish(first, 13, Verdict::failed("no"), Transition::Retry(at(14)));
    store.finish(failed).await.unwrap();
    let second = claim(store, 1, 14).await[0].lease;
    let found = Checkpoint { attempt: 1, at: at(12), value: b"more".to_vec() };
    assert_eq!(store.checkpoint(first.run).await.unwrap(), Some(found));
    assert!(save(store, second, "most", 15).await);
    let view = CheckpointView { attempt: 2, at: at(15), bytes: 4 };
    let whole = store.whole_run(first.run).await.unwrap().unwrap();
    assert_eq!((whole.checkpoint, whole.attempts.len()), (Some(view), 2));
}

pub(crate) async fn it_goes_with_the_runs_success_and_stays_with_its_failure<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    for (verdict, left) in [(success(), None), (Verdict::failed("no"), Some("half"))] {
        let lease = running(store, "a", if left.is_none() { 10 } else { 20 }).await.lease;
        assert!(save(store, lease, "half", 21).await);
        store.finish(end(lease, 22, verdict)).await.unwrap();
        assert_eq!(text(store, lease.run).await.as_deref(), left);
        assert!(!save(store, lease, "late", 23).await, "it is over");
        assert_eq!(text(store, lease.run).await.as_deref(), left);
    }
}

pub(crate) async fn a_success_that_is_none_after_all_leaves_it<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    assert!(save(store, lease, "half", 11).await);
    let write = (Key::new("k").unwrap(), Some(b"long".to_vec()));
    let quota = Quota { bytes: 1, keys: 1 };
    let bucket = Bucket::Own(name("a"));
    let changes = Changes { bucket, quota, seen: Seen::Nothing, writes: vec![write] };
    let mut over = end(lease, 12, success());
    over.end.outcome.effects = Effects { state: vec![changes], spawns: Vec::new() }.into();
    store.finish(over).await.unwrap();
    assert_eq!(text(store, lease.run).await.as_deref(), Some("half"));
}

pub(crate) async fn only_who_holds_the_lease_saves<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let older = running(store, "a", 10).await.lease;
    let lost = finish(older, 40, Verdict::Lost, Transition::Retry(at(41)));
    store.finish(lost).await.unwrap();
    assert!(!save(store, older, "waits", 40).await);
    let newer = claim(store, 1, 41).await[0].lease;
    assert!(!save(store, older, "late", 42).await);
    assert_eq!(text(store, newer.run).await, None);
    assert!(save(store, newer, "own", 43).await);
    assert!(!save(store, older, "late", 44).await);
    assert_eq!(text(store, newer.run).await.as_deref(), Some("own"));
}

pub(crate) async fn a_run_that_repeats_another_one_goes_on_where_it_stopped<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    assert!(save(store, lease, "half", 11).await);
    store.finish(end(lease, 12, Verdict::failed("no"))).await.unwrap();
    let again = async |second| {
        let again = Start { repeats: Some(lease.run), ..asked("a", second) };
        let Started::New(new) = store.start(again, at(second)).await.unwrap() else {
            panic!("nothing is in its way")
        };
        let next = claim(store, 1, second).await[0].lease;
        assert_eq!(new.run, next.run);
        next
    };
    let repeated = again(20).await;
    assert_eq!(text(store, repeated.run).await.as_deref(), Some("half"));
    assert!(save(store, repeated, "more", 21).await);
    assert_eq!(text(store, lease.run).await.as_deref(), Some("half"), "it has its own");
    store.finish(end(repeated, 22, success())).await.unwrap();

    let before = store.forget_checkpoint(lease.run).await.unwrap();
    assert_eq!(before, Some(CheckpointView { attempt: 1, at: at(11), bytes: 4 }));
    assert_eq!(store.forget_checkpoint(lease.run).await.unwrap(), None);
    let anew = again(30).await;
    assert_eq!(text(store, anew.run).await, None);
}

pub(crate) async fn it_is_forgotten_with_its_run<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    assert!(save(store, lease, "half", 11).await);
    store.finish(end(lease, 12, Verdict::failed("no"))).await.unwrap();
    fire(store, "a", 100).await;
    let old = Retention { age: Some(Duration::from_secs(10)), ..Retention::default() };
    assert_eq!(store.prune(old, at(50)).await.unwrap().runs, 1);
    assert_eq!(store.checkpoint(lease.run).await.unwrap(), None);
}
