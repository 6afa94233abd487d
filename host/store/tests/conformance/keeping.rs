//! What operators see of buckets, and what they do with them.

use horarium_core::{
    Editing, Store,
    effects::{Bucket, Changes, Key, Quota, Seen, Stand, Unfit, Version},
    retention::Retention,
    run::RunState,
    store::{BucketQuery, Edited, EntryQuery, Record, RecordQuery},
};

use crate::{
    effects::{all, get, key, own, page, seen, shared, succeed, value, writes},
    given::{at, run, running, tasks},
};

/// What an attempt of a task leaves in a bucket.
async fn kept<S: Store>(store: &S, task: &str, second: i64, changes: Changes) {
    let lease = running(store, task, second).await.lease;
    assert!(succeed(store, lease, second + 1, vec![changes]).await.is_end());
}

async fn names<S: Store>(store: &S, after: Option<Bucket>, limit: u32) -> Vec<String> {
    let found = store.buckets(BucketQuery { after, limit }).await.unwrap();
    found.iter().map(|view| view.bucket.to_string()).collect()
}

async fn records<S: Store>(store: &S, entries: EntryQuery, values: bool) -> Vec<Record> {
    store.records(RecordQuery { entries, values }).await.unwrap().1.records
}

async fn edit<S: Editing>(store: &S, changes: Changes) -> Edited {
    store.edit(changes, at(100)).await.unwrap()
}

pub(crate) async fn buckets_come_by_name_and_in_pages<S: Store + Editing>(store: &S) {
    tasks(store, &["b", "a", "empty"]).await;
    for (second, bucket) in [(10, own("b")), (20, shared("a")), (30, own("a")), (40, shared("B"))] {
        kept(store, "a", second, writes(bucket, &[("x", Some("1"))])).await;
    }
    let every = ["the state of task `a`", "the state of task `b`", "bucket `B`", "bucket `a`"];
    assert_eq!(names(store, None, 9).await, every);
    assert_eq!(names(store, None, 3).await, every[..3]);
    assert_eq!(names(store, Some(own("a")), 2).await, every[1..3]);
    assert_eq!(names(store, Some(own("b")), 9).await, every[2..]);
    assert_eq!(names(store, Some(shared("B")), 9).await, every[3..]);
    let view = store.buckets(BucketQuery { after: None, limit: 1 }).await.unwrap().remove(0);
    let holds = Quota { bytes: 2, keys: 1 };
    assert_eq!(view.stand, Stand { version: Version(1), holds });
    // Neither those that hold nothing any more, nor what is left of them.
    edit(store, writes(own("b"), &[("x", None)])).await;
    store.clear(shared("a")).await.unwrap();
    assert_eq!(names(store, None, 9).await, [every[0], every[2]]);
}

pub(crate) async fn the_state_of_a_task_that_is_gone_is_there<S: Store + Editing>(store: &S) {
    tasks(store, &["a"]).await;
    kept(store, "a", 10, writes(own("a"), &[("x", Some("1"))])).await;
    tasks(store, &["b"]).await;
    assert_eq!(names(store, None, 9).await, ["the state of task `a`"]);
    assert!(matches!(edit(store, writes(own("a"), &[("x", Some("2"))])).await, Edited::Made(_)));
    assert_eq!(get(store, &own("a"), "x").await, value("2", 2));
    store.clear(own("a")).await.unwrap();
    assert_eq!(get(store, &own("a"), "x").await, None);
}

pub(crate) async fn an_entry_says_who_wrote_it_and_when<S: Store + Editing>(store: &S) {
    tasks(store, &["a"]).await;
    let bucket = own("a");
    let lease = running(store, "a", 10).await.lease;
    let made = writes(bucket.clone(), &[("x", Some("1")), ("x/y", Some("22"))]);
    succeed(store, lease, 11, vec![made]).await;
    edit(store, writes(bucket.clone(), &[("z", Some("333"))])).await;
    let found = records(store, all(bucket.clone()), false).await;
    let told: Vec<_> =
        found.iter().map(|it| (it.key.as_str(), it.bytes, it.version.0, it.at, it.run)).collect();
    let run = Some(lease.run);
    assert_eq!(
        told,
        [("x", 1, 1, at(11), run), ("x/y", 2, 1, at(11), run), ("z", 3, 2, at(100), None)]
    );
    assert!(found.iter().all(|record| record.value.is_none()));
    // As entries come: in order, by prefix, after a key, and no more than are wanted.
    let of = |prefix: &str, after: Option<&str>, limit, bytes| EntryQuery {
        prefix: prefix.to_owned(),
        after: after.map(str::to_owned),
        limit,
        bytes,
        ..all(bucket.clone())
    };
    let told = async |query, values| {
        let (_, found) = store.records(RecordQuery { entries: query, values }).await.unwrap();
        let keys: Vec<_> = found.records.iter().map(|record| record.key.as_str()).collect();
        (keys.join(" "), found.more)
    };
    assert_eq!(told(of("x", None, 9, 99), true).await, ("x x/y".to_owned(), false));
    assert_eq!(told(of("x", None, 1, 99), true).await, ("x".to_owned(), true));
    assert_eq!(told(of("", Some("x"), 1, 99), true).await, ("x/y".to_owned(), true));
    assert_eq!(told(of("", None, 9, 3), true).await, ("x x/y".to_owned(), true));
    assert_eq!(told(of("", None, 9, 4), false).await, ("x x/y".to_owned(), true));
    let one = records(store, of("z", None, 1, 99), true).await.remove(0);
    assert_eq!(one.value.as_deref(), Some(b"333".as_slice()));
}

pub(crate) async fn what_an_operator_changes_has_to_be_as_it_was_seen<S: Store + Editing>(
    store: &S,
) {
    tasks(store, &["a"]).await;
    let bucket = own("a");
    kept(store, "a", 10, writes(bucket.clone(), &[("x", Some("1"))])).await;
    let expecting = |version, text| Changes {
        seen: seen(&[("x", version)]),
        ..writes(bucket.clone(), &[("x", text)])
    };
    for stale in [None, Some(7)] {
        let unfit = Unfit::Conflict { bucket: bucket.clone() };
        assert_eq!(edit(store, expecting(stale, Some("2"))).await, Edited::Unfit(unfit));
    }
    assert_eq!(get(store, &bucket, "x").await, value("1", 1));
    let holds = Quota { bytes: 3, keys: 1 };
    let stand = Stand { version: Version(2), holds };
    assert_eq!(edit(store, expecting(Some(1), Some("22"))).await, Edited::Made(stand));
    assert_eq!(get(store, &bucket, "x").await, value("22", 2));
    assert!(matches!(edit(store, expecting(Some(2), None)).await, Edited::Made(_)));
    assert_eq!(get(store, &bucket, "x").await, None);
}

pub(crate) async fn an_operator_keeps_no_more_than_may_be<S: Store + Editing>(store: &S) {
    tasks(store, &["a"]).await;
    let long = "v".repeat(100);
    let changes = writes(own("a"), &[("x", Some(&long))]);
    let (quota, wanted) = (changes.quota, Quota { bytes: 101, keys: 1 });
    let unfit = Unfit::Quota { bucket: own("a"), quota, wanted };
    assert_eq!(edit(store, changes).await, Edited::Unfit(unfit));
    assert_eq!(page(store, all(own("a"))).await.0, Stand::default());
}

pub(crate) async fn nobody_keeps_anything_for_a_task_that_never_was<S: Store + Editing>(store: &S) {
    let changes = writes(own("never"), &[("x", Some("1"))]);
    assert_eq!(edit(store, changes).await, Edited::Unknown);
    assert_eq!(store.clear(own("never")).await.unwrap(), Stand::default());
}

pub(crate) async fn who_has_read_what_an_operator_changes_is_tried_again<S: Store + Editing>(
    store: &S,
) {
    tasks(store, &["a"]).await;
    let bucket = own("a");
    let before = writes(bucket.clone(), &[("x", Some("1")), ("y", Some("1"))]);
    kept(store, "a", 10, before).await;
    // By writing, and by emptying the bucket: whether a key was read, or all.
    for (second, keys) in [(20, true), (30, false)] {
        let lease = running(store, "a", second).await.lease;
        let (stand, _, _) = page(store, all(bucket.clone())).await;
        let version = get(store, &bucket, "x").await.map(|(_, version)| version);
        edit(store, writes(bucket.clone(), &[("x", Some("2"))])).await;
        let seen = if keys { seen(&[("x", version)]) } else { Seen::All(stand.version) };
        let late = Changes { seen, ..writes(bucket.clone(), &[("x", Some("late"))]) };
        assert!(!succeed(store, lease, second + 1, vec![late]).await.is_end());
        assert_eq!(run(store, lease.run).await.state, RunState::Scheduled);
        store.cancel(lease.run, at(second + 2)).await.unwrap();
    }
    edit(store, writes(bucket.clone(), &[("y", None)])).await;
    for (second, keys) in [(40, true), (50, false)] {
        let lease = running(store, "a", second).await.lease;
        let (stand, _, _) = page(store, all(bucket.clone())).await;
        let version = get(store, &bucket, "x").await.map(|(_, version)| version);
        assert_eq!(store.clear(bucket.clone()).await.unwrap().holds.keys, 1);
        let seen = if keys { seen(&[("x", version)]) } else { Seen::All(stand.version) };
        let late = Changes { seen, ..writes(bucket.clone(), &[("x", Some("late"))]) };
        assert!(!succeed(store, lease, second + 1, vec![late]).await.is_end());
        store.cancel(lease.run, at(second + 2)).await.unwrap();
        kept(store, "a", second + 5, writes(bucket.clone(), &[("x", Some("3"))])).await;
    }
}

pub(crate) async fn what_was_cleared_is_gone_at_once_and_for_good<S: Store + Editing>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let quota = Quota { bytes: u64::MAX, keys: u64::MAX };
    let many = (0..2500).map(|number| (Key::new(&format!("{number:04}")).unwrap(), Some(vec![1])));
    for bucket in [own("a"), shared("both")] {
        let writes: Vec<_> = many.clone().collect();
        let changes = Changes { bucket, quota, seen: Seen::Nothing, writes };
        assert!(matches!(edit(store, changes).await, Edited::Made(_)));
    }
    kept(store, "b", 10, writes(own("b"), &[("x", Some("1"))])).await;
    for bucket in [own("a"), shared("both")] {
        let held = Quota { bytes: 2500 * 5, keys: 2500 };
        let before = Stand { version: Version(1), holds: held };
        assert_eq!(store.clear(bucket.clone()).await.unwrap(), before);
        // Nothing is seen of it any more, and what is written since stays.
        let emptied = Stand { version: Version(2), holds: Quota::default() };
        assert_eq!(page(store, all(bucket.clone())).await, (emptied, vec![], false));
        assert_eq!(store.clear(bucket.clone()).await.unwrap(), emptied, "it was empty");
        edit(store, writes(bucket.clone(), &[("0001", Some("new"))])).await;
    }
    let mut rounds = 0;
    // One by one, or with what else is forgotten.
    while store.sweep().await.unwrap() {
        rounds += 1;
        store.prune(Retention::default(), at(20)).await.unwrap();
    }
    assert!(rounds > 2, "little at a time: {rounds}");
    for bucket in [own("a"), shared("both")] {
        let (stand, keys, _) = page(store, all(bucket.clone())).await;
        assert_eq!((stand.version, keys), (Version(3), vec![key("0001").to_string()]));
    }
    assert_eq!(get(store, &own("b"), "x").await, value("1", 1));
}
