//! What a success brings with it: it becomes real with the record of the success, whole, or
//! not at all.

use std::{collections::BTreeMap, sync::Arc};

use horarium_core::{
    Store,
    attempt::Lease,
    effects::{Bucket, Changes, Effects, Key, Page, Quota, Seen, Stand, Unfit, Version},
    run::{RunEnd, RunState},
    store::{EntryQuery, Finish, Finished},
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};

use crate::given::{at, claim, end, finish, run, running, success, tasks};

const QUOTA: Quota = Quota { bytes: 100, keys: 4 };

pub(crate) fn own(task: &str) -> Bucket {
    Bucket::Own(task.parse().unwrap())
}

pub(crate) fn shared(name: &str) -> Bucket {
    Bucket::Shared(name.parse().unwrap())
}

pub(crate) fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

/// Changes that depend on nothing; a value of none deletes.
pub(crate) fn writes(bucket: Bucket, writes: &[(&str, Option<&str>)]) -> Changes {
    let writes = writes.iter().map(|(name, value)| (key(name), value.map(Into::into)));
    Changes { bucket, quota: QUOTA, seen: Seen::Nothing, writes: writes.collect() }
}

pub(crate) fn seen(keys: &[(&str, Option<u64>)]) -> Seen {
    let keys = keys.iter().map(|(name, version)| (key(name), version.map(Version)));
    Seen::Keys(keys.collect::<BTreeMap<_, _>>())
}

fn with(finish: Finish, state: Vec<Changes>) -> Finish {
    let mut finish = finish;
    finish.end.outcome.effects = Arc::new(Effects { state, ..Effects::default() });
    finish
}

/// A success with these changes.
pub(crate) async fn succeed<S: Store>(
    store: &S,
    lease: Lease,
    second: i64,
    state: Vec<Changes>,
) -> Finished {
    store.finish(with(end(lease, second, success()), state)).await.unwrap()
}

/// What stands under a key, with its version.
pub(crate) async fn get<S: Store>(store: &S, bucket: &Bucket, name: &str) -> Option<(String, u64)> {
    let (_, entry) = store.entry(bucket.clone(), key(name)).await.unwrap();
    entry.map(|entry| (String::from_utf8(entry.value).unwrap(), entry.version.0))
}

pub(crate) async fn page<S: Store>(store: &S, query: EntryQuery) -> (Stand, Vec<String>, bool) {
    let (stand, Page { entries, more }) = store.entries(query).await.unwrap();
    (stand, entries.into_iter().map(|(key, _)| key.to_string()).collect(), more)
}

pub(crate) fn all(bucket: Bucket) -> EntryQuery {
    EntryQuery { bucket, prefix: String::new(), after: None, limit: 100, bytes: u64::MAX }
}

pub(crate) fn value(text: &str, version: u64) -> Option<(String, u64)> {
    Some((text.to_owned(), version))
}

pub(crate) async fn what_a_success_writes_is_there<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let (a, b) = (own("a"), own("b"));
    let lease = running(store, "a", 10).await.lease;
    let changes = writes(a.clone(), &[("x", Some("1")), ("y", Some("22"))]);
    let finished = succeed(store, lease, 11, vec![changes]).await;
    assert!(matches!(finished, Finished::Recorded { unfit: None, .. }));
    assert_eq!(get(store, &a, "x").await, value("1", 1));
    assert_eq!(get(store, &a, "z").await, None);
    assert_eq!(get(store, &b, "x").await, None, "each task has a state of its own");

    let lease = running(store, "a", 20).await.lease;
    let changes = writes(a.clone(), &[("x", None), ("y", Some("2")), ("gone", None)]);
    succeed(store, lease, 21, vec![changes]).await;
    assert_eq!(get(store, &a, "x").await, None);
    assert_eq!(get(store, &a, "y").await, value("2", 2));
    let holds = Quota { bytes: 2, keys: 1 };
    assert_eq!(page(store, all(a)).await.0, Stand { version: Version(2), holds });
}

pub(crate) async fn what_anything_but_a_success_writes_is_not<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let changes = || vec![writes(own("a"), &[("x", Some("1"))])];
    let older = running(store, "a", 10).await.lease;
    let failed = finish(older, 11, Verdict::failed("no"), Transition::Retry(at(12)));
    store.finish(with(failed, changes())).await.unwrap();
    let newer = claim(store, 1, 12).await[0].lease;
    // Who does not hold the lease has no success.
    assert_eq!(succeed(store, older, 13, changes()).await, Finished::Superseded);
    let cancelled = with(end(newer, 14, Verdict::Cancelled), changes());
    store.finish(cancelled).await.unwrap();
    assert_eq!(page(store, all(own("a"))).await, (Stand::default(), vec![], false));
}

pub(crate) async fn what_depends_on_what_has_changed_is_tried_again<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let bucket = shared("both");
    let first = running(store, "a", 10).await.lease;
    let second = running(store, "b", 10).await.lease;
    let reads = |value| Changes {
        seen: seen(&[("x", None)]),
        ..writes(bucket.clone(), &[("x", Some(value))])
    };
    assert!(succeed(store, first, 11, vec![reads("1")]).await.is_end());
    let other = writes(own("b"), &[("y", Some("1"))]);
    let finished = succeed(store, second, 12, vec![other, reads("2")]).await;
    let transition = Transition::Refund(at(13));
    let unfit = Some(Unfit::Conflict { bucket: bucket.clone() });
    assert_eq!(
        finished,
        Finished::Recorded { transition, quarantined: false, unfit, children: vec![] }
    );
    assert_eq!(get(store, &bucket, "x").await, value("1", 1));
    assert_eq!(get(store, &own("b"), "y").await, None, "nothing is half done");
    let waiting = run(store, second.run).await;
    assert_eq!((waiting.state, waiting.attempts, waiting.output), (RunState::Scheduled, 0, None));
    let attempts = store.attempts(second.run).await.unwrap();
    assert_eq!(attempts[0].verdict, Some(VerdictKind::Conflicted));
    let error = "another run has changed bucket `both` since this one read it; not counted";
    assert_eq!(attempts[0].error.as_deref(), Some(error));

    let again = claim(store, 1, 13).await.remove(0);
    assert_eq!((again.lease.run, again.attempt), (second.run, 1));
    let now = Changes { seen: seen(&[("x", Some(1))]), ..reads("2") };
    assert!(succeed(store, again.lease, 14, vec![now]).await.is_end());
    assert_eq!(get(store, &bucket, "x").await, value("2", 2));
}

pub(crate) async fn only_what_was_read_has_to_stay<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let bucket = shared("both");
    let first = running(store, "a", 10).await.lease;
    let second = running(store, "b", 10).await.lease;
    succeed(store, first, 11, vec![writes(bucket.clone(), &[("x", Some("1"))])]).await;
    let other = Changes {
        seen: seen(&[("y", None)]),
        ..writes(bucket.clone(), &[("x", Some("2")), ("y", Some("2"))])
    };
    assert!(succeed(store, second, 12, vec![other]).await.is_end());
    assert_eq!(get(store, &bucket, "x").await, value("2", 2));

    // All of it, where that was read.
    let first = running(store, "a", 20).await.lease;
    let second = running(store, "b", 20).await.lease;
    succeed(store, first, 21, vec![writes(bucket.clone(), &[("z", Some("3"))])]).await;
    let listed =
        Changes { seen: Seen::All(Version(2)), ..writes(bucket.clone(), &[("w", Some("3"))]) };
    assert!(!succeed(store, second, 22, vec![listed]).await.is_end());
    assert_eq!(get(store, &bucket, "w").await, None);
}

pub(crate) async fn who_only_reads_is_in_nobodys_way<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let bucket = shared("both");
    let first = running(store, "a", 10).await.lease;
    let second = running(store, "b", 10).await.lease;
    succeed(store, first, 11, vec![writes(bucket.clone(), &[("x", Some("1"))])]).await;
    let reader = Changes { seen: seen(&[("x", None)]), ..writes(bucket, &[]) };
    assert!(succeed(store, second, 12, vec![reader]).await.is_end());
}

pub(crate) async fn a_conflict_ends_a_run_that_is_to_end<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    store.cancel(lease.run, at(11)).await.unwrap();
    let stale = Changes { seen: seen(&[("x", Some(7))]), ..writes(own("a"), &[("x", Some("1"))]) };
    succeed(store, lease, 12, vec![stale]).await;
    let over = run(store, lease.run).await.state;
    assert_eq!(over, RunState::Ended(RunEnd::Verdict(VerdictKind::Cancelled)));
}

pub(crate) async fn no_more_is_kept_than_may_be<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let bucket = own("a");
    let lease = running(store, "a", 10).await.lease;
    let long = "v".repeat(60);
    succeed(store, lease, 11, vec![writes(bucket.clone(), &[("x", Some(&long))])]).await;
    let lease = running(store, "a", 20).await.lease;
    let too_much = writes(bucket.clone(), &[("y", Some(&long))]);
    let finished = succeed(store, lease, 21, vec![too_much]).await;
    let over = RunEnd::Verdict(VerdictKind::Failed);
    assert!(
        matches!(finished, Finished::Recorded { transition: Transition::End(end), .. } if end == over)
    );
    let error = "the state of task `a` would hold 122 bytes where its quota is 100";
    let view = run(store, lease.run).await;
    assert_eq!((view.state, view.error.as_deref()), (RunState::Ended(over), Some(error)));
    assert_eq!(get(store, &bucket, "y").await, None);
    // Where the quota has become smaller, what makes it less is let through.
    let lease = running(store, "a", 30).await.lease;
    let less = Changes {
        quota: Quota { bytes: 10, keys: 0 },
        ..writes(bucket.clone(), &[("x", Some("still too long"))])
    };
    assert!(succeed(store, lease, 31, vec![less]).await.is_end());
    assert_eq!(get(store, &bucket, "x").await, value("still too long", 2));
}

pub(crate) async fn entries_come_in_order_and_in_pages<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let bucket = own("a");
    let lease = running(store, "a", 10).await.lease;
    let made = writes(
        bucket.clone(),
        &[("b/2", Some("22")), ("a", Some("")), ("b/1", Some("1")), ("b", Some("0"))],
    );
    succeed(store, lease, 11, vec![made]).await;
    let of = |prefix: &str, after: Option<&str>, limit, bytes| EntryQuery {
        prefix: prefix.to_owned(),
        after: after.map(str::to_owned),
        limit,
        bytes,
        ..all(bucket.clone())
    };
    let told = async |query| {
        let (_, keys, more) = page(store, query).await;
        (keys.join(" "), more)
    };
    let whole = |text: &str| (text.to_owned(), false);
    let part = |text: &str| (text.to_owned(), true);
    assert_eq!(told(of("", None, 9, 99)).await, whole("a b b/1 b/2"));
    assert_eq!(told(of("b", None, 9, 99)).await, whole("b b/1 b/2"));
    assert_eq!(told(of("b/", None, 2, 99)).await, whole("b/1 b/2"));
    assert_eq!(told(of("b/", None, 1, 99)).await, part("b/1"));
    assert_eq!(told(of("b/", Some("b/1"), 1, 99)).await, whole("b/2"));
    assert_eq!(told(of("b", Some("a"), 1, 99)).await, part("b"));
    assert_eq!(told(of("", Some("b/2"), 9, 99)).await, whole(""));
    assert_eq!(told(of("", None, 9, 3)).await, part("a b"), "once it comes to so many bytes");
    assert_eq!(told(of("c", None, 9, 99)).await, whole(""));
}
