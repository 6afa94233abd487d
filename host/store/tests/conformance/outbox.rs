//! Where alerts go, and how far they have come.

use std::time::Duration;

use horarium_core::{
    Outbox, Store,
    alert::{AlertId, DeliveryState, Tried},
    name::ChannelName,
    retention::Retention,
    store::{AlertQuery, AlertView, ClaimedRun, Due},
    verdict::Verdict,
};

use jiff::Timestamp;

use crate::given::{at, end, name, running, success, tasks};

fn channel(name: &str) -> ChannelName {
    name.parse().unwrap()
}

/// Has a task fail and succeed in turn, so many times.
async fn turn<S: Store>(store: &S, task: &str, seconds: std::ops::Range<i64>) {
    for second in seconds {
        let run = running(store, task, second).await;
        let verdict = if second % 2 == 0 { Verdict::Lost } else { success() };
        store.finish(end(run.lease, second, verdict)).await.unwrap();
    }
}

/// What is due at a channel.
async fn due<S: Outbox>(store: &S, to: &str, now: i64) -> Vec<i64> {
    let due = store.due(channel(to), at(now), 100).await.unwrap();
    assert!(due.deliveries.iter().all(|it| it.channel == channel(to)));
    due.deliveries.iter().map(|it| it.alert.alert.0).collect()
}

/// When something is due there next.
async fn next<S: Outbox>(store: &S, to: &str, now: i64) -> Option<Timestamp> {
    store.due(channel(to), at(now), 0).await.unwrap().next
}

async fn tried<S: Outbox>(store: &S, alert: i64, to: &str, tried: Tried, now: i64) {
    store.tried(AlertId(alert), channel(to), tried, at(now)).await.unwrap();
}

fn again(second: i64) -> Tried {
    Tried::Again { error: "nobody there".to_owned(), due_at: at(second) }
}

async fn alerts<S: Outbox>(store: &S, before: Option<i64>, limit: u32) -> Vec<AlertView> {
    let before = before.map(AlertId);
    store.alerts(AlertQuery { before, limit, ..AlertQuery::default() }).await.unwrap()
}

/// Routes what is there, to these channels.
async fn route<S: Outbox>(store: &S, channels: &[&str], now: i64) {
    let all = store.unrouted(100).await.unwrap();
    let routes = all.iter().flat_map(|it| channels.iter().map(|to| (it.alert, channel(to))));
    store.route(all.last().unwrap().alert, routes.collect(), at(now)).await.unwrap();
}

pub(crate) async fn an_alert_is_routed_once<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    turn(store, "a", 10..13).await;
    let all = store.unrouted(2).await.unwrap();
    assert_eq!(all.iter().map(|it| it.alert.0).collect::<Vec<_>>(), [1, 2]);
    let routes = vec![(AlertId(1), channel("ops")), (AlertId(2), channel("ops"))];
    store.route(AlertId(2), routes.clone(), at(20)).await.unwrap();
    tried(store, 1, "ops", Tried::Delivered, 21).await;
    let left =
        |all: &[horarium_core::alert::Alert]| all.iter().map(|it| it.alert.0).collect::<Vec<_>>();
    assert_eq!(left(&store.unrouted(9).await.unwrap()), [3]);
    // Whoever is not sure whether it was done does it again.
    store.route(AlertId(2), routes, at(22)).await.unwrap();
    store.route(AlertId(1), Vec::new(), at(22)).await.unwrap();
    assert_eq!(left(&store.unrouted(9).await.unwrap()), [3]);
    assert_eq!(due(store, "ops", 30).await, [2]);
    // To nobody.
    store.route(AlertId(3), Vec::new(), at(22)).await.unwrap();
    assert_eq!(left(&store.unrouted(9).await.unwrap()), [0; 0]);
    assert_eq!(alerts(store, None, 1).await[0].deliveries, []);
}

pub(crate) async fn a_delivery_waits_for_its_time<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    turn(store, "a", 10..11).await;
    route(store, &["ops", "mail"], 20).await;
    assert_eq!(due(store, "ops", 19).await, [0; 0]);
    assert_eq!(next(store, "ops", 19).await, Some(at(20)));
    assert_eq!(due(store, "ops", 20).await, [1]);
    assert_eq!(due(store, "mail", 20).await, [1]);
    tried(store, 1, "ops", again(30), 21).await;
    assert_eq!((due(store, "ops", 22).await, due(store, "mail", 22).await), (vec![], vec![1]));
    assert_eq!(next(store, "ops", 22).await, Some(at(30)));
    let later = store.due(channel("ops"), at(30), 9).await.unwrap();
    let ops = &later.deliveries[0];
    assert_eq!((ops.tries, ops.since, ops.alert.task.clone()), (1, at(20), name("a")));
    let seen = &alerts(store, None, 1).await[0].deliveries[1];
    assert_eq!((seen.channel.as_str(), seen.state), ("ops", DeliveryState::Waiting));
    assert_eq!((seen.tries, seen.tried_at, seen.due_at), (1, Some(at(21)), Some(at(30))));
    assert_eq!(seen.error.as_deref(), Some("nobody there"));
}

pub(crate) async fn alerts_of_a_task_come_to_a_channel_in_their_order<S: Store + Outbox>(
    store: &S,
) {
    tasks(store, &["a", "b"]).await;
    turn(store, "a", 10..12).await;
    turn(store, "b", 20..21).await;
    route(store, &["ops", "mail"], 30).await;
    assert_eq!(due(store, "ops", 30).await, [1, 3]);
    tried(store, 1, "ops", again(60), 31).await;
    tried(store, 1, "mail", Tried::Delivered, 31).await;
    assert_eq!(due(store, "mail", 40).await, [2, 3]);
    assert_eq!(due(store, "ops", 40).await, [3]);
    // What waits for another one has no time of its own.
    assert_eq!(next(store, "ops", 40).await, Some(at(60)));
    tried(store, 1, "ops", Tried::GivenUp { error: "never".to_owned() }, 61).await;
    assert_eq!(due(store, "ops", 62).await, [2, 3]);
}

pub(crate) async fn what_has_arrived_or_was_given_up_is_not_tried_again<S: Store + Outbox>(
    store: &S,
) {
    tasks(store, &["a"]).await;
    turn(store, "a", 10..11).await;
    route(store, &["ops", "mail"], 20).await;
    tried(store, 1, "ops", Tried::Delivered, 21).await;
    tried(store, 1, "mail", Tried::GivenUp { error: "no such place".to_owned() }, 21).await;
    // Of a try that nobody waited for any more.
    tried(store, 1, "ops", again(25), 22).await;
    tried(store, 1, "mail", again(25), 22).await;
    for to in ["ops", "mail"] {
        assert_eq!((due(store, to, 99).await, next(store, to, 0).await), (vec![], None));
    }
    let seen = &alerts(store, None, 1).await[0].deliveries;
    let state = |place: usize| (seen[place].state, seen[place].tries, seen[place].error.as_deref());
    assert_eq!(state(0), (DeliveryState::GivenUp, 1, Some("no such place")));
    assert_eq!(state(1), (DeliveryState::Delivered, 1, None));
}

pub(crate) async fn alerts_come_newest_first_in_pages<S: Store + Outbox>(store: &S) {
    tasks(store, &["a", "b"]).await;
    turn(store, "a", 10..13).await;
    turn(store, "b", 20..22).await;
    let numbers =
        |views: Vec<AlertView>| views.iter().map(|it| it.alert.alert.0).collect::<Vec<_>>();
    assert_eq!(numbers(alerts(store, None, 2).await), [5, 4]);
    assert_eq!(numbers(alerts(store, Some(4), 9).await), [3, 2, 1]);
    let of = |task| AlertQuery {
        task: Some(name(task)),
        before: Some(AlertId(3)),
        limit: 9,
        ..AlertQuery::default()
    };
    assert_eq!(numbers(store.alerts(of("a")).await.unwrap()), [2, 1]);
    assert_eq!(numbers(store.alerts(of("b")).await.unwrap()), [0; 0]);
    assert_eq!(numbers(store.alerts(of("stranger")).await.unwrap()), [0; 0]);
}

pub(crate) async fn what_goes_to_channels_that_are_gone_is_given_up<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    turn(store, "a", 10..12).await;
    route(store, &["ops", "mail", "pager"], 20).await;
    tried(store, 1, "pager", Tried::Delivered, 21).await;
    store.abandon(vec![channel("ops")], at(22)).await.unwrap();
    assert_eq!((due(store, "ops", 30).await, due(store, "mail", 30).await), (vec![1], vec![]));
    let seen = &alerts(store, Some(2), 1).await[0].deliveries;
    let told: Vec<_> = seen.iter().map(|it| (it.channel.as_str(), it.state)).collect();
    let expected = [
        ("mail", DeliveryState::GivenUp),
        ("ops", DeliveryState::Waiting),
        ("pager", DeliveryState::Delivered),
    ];
    assert_eq!(told, expected);
    assert!(seen[0].error.as_ref().unwrap().contains("no such channel"), "{seen:?}");
}

pub(crate) async fn a_clock_that_was_ahead_keeps_no_delivery_waiting<S: Store + Outbox>(store: &S) {
    tasks(store, &["a"]).await;
    turn(store, "a", 10..11).await;
    route(store, &["ops"], 50_000).await;
    tried(store, 1, "ops", again(50_010), 50_000).await;
    store.set_back(Duration::from_secs(49_000), at(1_000)).await.unwrap();
    assert_eq!(next(store, "ops", 1_000).await, Some(at(1_010)));
    let due = store.due(channel("ops"), at(1_010), 9).await.unwrap();
    assert_eq!(due.deliveries[0].since, at(1_000));
}

/// Leaves the first alert to a run of another task, which begins at this second.
async fn hand_over<S: Store + Outbox>(store: &S, second: i64) -> ClaimedRun {
    let run = running(store, "pager", second).await;
    tried(store, 1, "ops", Tried::Handed { run: run.lease.run }, second).await;
    run
}

pub(crate) async fn what_a_run_brings_is_due_when_it_is_over<S: Store + Outbox>(store: &S) {
    tasks(store, &["a", "pager"]).await;
    turn(store, "a", 10..12).await;
    route(store, &["ops"], 20).await;
    let brings = async |now| {
        let Due { deliveries, handed, .. } = store.due(channel("ops"), at(now), 9).await.unwrap();
        let runs = deliveries.iter().map(|it| (it.alert.alert.0, it.run)).collect::<Vec<_>>();
        (handed, runs)
    };
    assert_eq!(brings(20).await, (false, vec![(1, None)]));
    let first = hand_over(store, 21).await;
    // Nor does a later one of the same task overtake it.
    assert_eq!(brings(99).await, (true, vec![]));
    let run = first.lease.run;
    let seen = &alerts(store, Some(2), 1).await[0].deliveries[0];
    assert_eq!((seen.state, seen.run, seen.tries), (DeliveryState::Waiting, Some(run), 0));
    store.finish(end(first.lease, 22, Verdict::Lost)).await.unwrap();
    assert_eq!(brings(22).await, (false, vec![(1, Some(run))]));
    // The next try is another run's.
    tried(store, 1, "ops", again(30), 23).await;
    assert_eq!(brings(30).await, (false, vec![(1, None)]));
    let second = hand_over(store, 31).await;
    let run = second.lease.run;
    store.finish(end(second.lease, 32, success())).await.unwrap();
    tried(store, 1, "ops", Tried::Delivered, 33).await;
    assert_eq!(brings(33).await, (false, vec![(2, None)]));
    let seen = &alerts(store, Some(2), 1).await[0].deliveries[0];
    assert_eq!((seen.state, seen.run, seen.tries), (DeliveryState::Delivered, Some(run), 2));
}

pub(crate) async fn a_run_that_brings_an_alert_is_kept_until_that_is_seen<S: Store + Outbox>(
    store: &S,
) {
    tasks(store, &["a", "pager"]).await;
    turn(store, "a", 10..11).await;
    route(store, &["ops"], 20).await;
    let brought = hand_over(store, 21).await;
    let run = brought.lease.run;
    store.finish(end(brought.lease, 22, success())).await.unwrap();
    // The last one of each task is kept in any case.
    let last = running(store, "pager", 23).await;
    store.finish(end(last.lease, 23, success())).await.unwrap();
    let old = Retention { age: Some(Duration::from_secs(1)), ..Retention::default() };
    let is_kept = async || {
        while store.prune(old, at(99)).await.unwrap().more {}
        store.run(run).await.unwrap().is_some()
    };
    assert!(is_kept().await);
    tried(store, 1, "ops", Tried::Delivered, 99).await;
    assert!(!is_kept().await);
    let seen = &alerts(store, None, 1).await[0].deliveries[0];
    assert_eq!((seen.state, seen.run), (DeliveryState::Delivered, Some(run)));
}

pub(crate) async fn what_is_wrong_now_is_found<S: Store + Outbox>(store: &S) {
    let open = async |task: Option<&str>| {
        let task = task.map(name);
        let query = AlertQuery { task, open: true, limit: 9, ..AlertQuery::default() };
        let open = store.alerts(query).await.unwrap();
        open.iter().map(|it| it.alert.task.to_string()).collect::<Vec<_>>()
    };
    tasks(store, &["a", "b"]).await;
    // Both fail, and one of them has succeeded since.
    turn(store, "a", 10..12).await;
    turn(store, "b", 20..21).await;
    assert_eq!(open(None).await, ["b"]);
    assert_eq!((open(Some("a")).await.len(), open(Some("b")).await.len()), (0, 1));
    // The same again, and of it the last one.
    turn(store, "a", 30..31).await;
    assert_eq!(open(None).await, ["a", "b"]);
    // Nobody minds a task that is gone, until it is back.
    tasks(store, &["a"]).await;
    assert_eq!(open(None).await, ["a"]);
    tasks(store, &["a", "b"]).await;
    assert_eq!(open(None).await, ["a", "b"]);
}
