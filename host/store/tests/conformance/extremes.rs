//! Values at the edge of what can be said.

use std::time::Duration;

use horarium_core::{
    Store,
    attempt::{AttemptEnd, Lease, Outcome, Usage},
    log::{Level, LogLine, Source},
    overlap::Overlap,
    schedule::{Cursor, Schedule},
    store::{Claim, Finish, LogQuery, NewFire, Registration, TaskFires, TaskQuery},
    time,
    transition::Transition,
    verdict::Verdict,
};
use jiff::Timestamp;

use crate::given::{at, claim, due, end, finish, fire, name, run, running, success, tasks};

/// More than fits a page, a buffer, or a row kept in place.
const LONG: usize = 3_000_000;

pub(crate) async fn the_largest_amounts_are_kept_as_well_as_can_be<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let ended = end(lease, 11, success());
    let usage = Usage { fuel: Some(u64::MAX), peak_memory: u64::MAX, wall: Duration::MAX };
    let ended = Finish {
        end: AttemptEnd { outcome: Outcome { usage, ..ended.end.outcome }, ..ended.end },
        ..ended
    };
    store.finish(ended).await.unwrap();
    let kept = store.attempts(lease.run).await.unwrap().remove(0);
    // A store may have no larger number than this, but never turns it around.
    let least = i64::MAX.unsigned_abs();
    assert!(kept.fuel.unwrap() >= least);
    assert!(kept.peak_memory >= least);
    assert!(kept.wall_us >= least);
}

pub(crate) async fn text_of_every_script_comes_back<S: Store>(store: &S) {
    for text in [
        "",
        "'; DROP TABLE run; --",
        "größer, 次の実行, \u{202e}עברית, 👩‍🚀",
        "é\u{301} \u{10ffff} \u{fffd}",
        "%s \\ \\n \" ` $1 ?1 :task",
        "one\nline\r\nafter\tanother\u{1b}[31m",
    ] {
        comes_back(store, text).await;
    }
}

pub(crate) async fn long_text_comes_back<S: Store>(store: &S) {
    comes_back(store, &"long 長い ".repeat(LONG / 13)).await;
}

async fn comes_back<S: Store>(store: &S, text: &str) {
    tasks(store, &["failing", "working"]).await;
    let second = last(store).await + 1;
    let failing = running(store, "failing", second).await.lease;
    let line = LogLine {
        at: at(second),
        level: Level::Info,
        source: Source::Log,
        target: text.to_owned(),
        message: text.to_owned(),
        place: Some(text.to_owned()),
    };
    let failed =
        Finish { log: vec![line.clone()], ..end(failing, second, Verdict::failed_for_good(text)) };
    store.finish(failed).await.unwrap();
    assert_eq!(run(store, failing.run).await.error.as_deref(), Some(text));
    assert_eq!(log(store, failing).await, [line]);

    let working = running(store, "working", second).await.lease;
    let output = Some(text.to_owned());
    let succeeded = end(working, second, Verdict::Succeeded { output });
    store.finish(succeeded).await.unwrap();
    assert_eq!(run(store, working.run).await.output.as_deref(), Some(text));
}

async fn last<S: Store>(store: &S) -> i64 {
    let tasks = store.tasks(TaskQuery::ALL).await.unwrap();
    let last = tasks[0].last.as_ref().map(|run| run.scheduled_for);
    last.unwrap_or_default().as_second()
}

async fn log<S: Store>(store: &S, lease: Lease) -> Vec<LogLine> {
    let query = LogQuery::whole(lease.run);
    store.log(query).await.unwrap().into_iter().map(|line| line.content).collect()
}

pub(crate) async fn the_first_and_the_last_instant_come_back<S: Store>(store: &S) {
    tasks(store, &["first", "last"]).await;
    let last = Timestamp::new(Timestamp::MAX.as_second(), 999_999_000).unwrap();
    lives_at(store, "first", Timestamp::MIN).await;
    lives_at(store, "last", last).await;
}

/// A guest may ask for any wait at all, and harms nobody but its own run.
pub(crate) async fn a_wait_for_ever_holds_nobody_up<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let lease = running(store, "a", 10).await.lease;
    let never = time::add(at(11), Duration::MAX);
    let retry = Transition::Retry(never);
    let failed = finish(lease, 11, Verdict::failed("no"), retry);
    store.finish(failed).await.unwrap();

    let claims = store.claim(wish(at(12))).await.unwrap();
    assert_eq!(claims.runs, []);
    assert!(claims.next_due > Some(at(i64::from(u32::MAX))));
    fire(store, "b", 20).await;
    assert_eq!(claim(store, 9, 20).await.len(), 1);
    assert_eq!(run(store, lease.run).await.due_at, claims.next_due);
    assert_eq!(store.tasks(TaskQuery::ALL).await.unwrap().len(), 2);
}

fn wish(now: Timestamp) -> Claim {
    Claim { node: "here".to_owned(), limit: 1, now, until: now }
}

pub(crate) async fn an_instant_before_1970_comes_back_to_the_microsecond<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let instant = Timestamp::from_microsecond(-86_400_000_001).unwrap();
    lives_at(store, "a", instant).await;
}

/// All that happens to a run happens to this one at `instant`.
async fn lives_at<S: Store>(store: &S, task: &str, instant: Timestamp) {
    let fires = TaskFires {
        fires: vec![NewFire::at(instant)],
        cursor: Cursor::Considered(instant),
        ..due(task, &[])
    };
    let recorded = store.record_fires(vec![fires], instant).await.unwrap();
    let lease = store.claim(wish(instant)).await.unwrap().runs[0].lease;
    assert_eq!(store.expired(instant).await.unwrap()[0].lease, lease);
    let ended = end(lease, 0, success());
    let ended = Finish {
        end: AttemptEnd { at: instant, ..ended.end },
        log: vec![LogLine::of_host(instant, Level::Info, "now")],
        ..ended
    };
    store.finish(ended).await.unwrap();

    let view = run(store, recorded[0].run).await;
    assert_eq!(view.scheduled_for, instant);
    assert_eq!(view.created_at, instant);
    assert_eq!(view.started_at, Some(instant));
    assert_eq!(view.ended_at, Some(instant));
    let attempt = store.attempts(lease.run).await.unwrap().remove(0);
    assert_eq!(attempt.started_at, instant);
    assert_eq!(attempt.ended_at, Some(instant));
    assert_eq!(log(store, lease).await[0].at, instant);
    let registration = Registration {
        task: name(task),
        schedule: Schedule::Manual,
        overlap: Overlap::Skip,
        deadman: None,
        follower: None,
    };
    let state = store.register(vec![registration], instant).await.unwrap();
    assert_eq!(state[0].cursor, Cursor::Considered(instant));
    tasks(store, &["first", "last"]).await;
}

pub(crate) async fn a_run_due_before_1970_is_claimed<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let fires = vec![due("a", &[5]), due("b", &[-5])];
    let earlier = store.record_fires(fires, at(-10)).await.unwrap()[1].run;
    assert_eq!(claim(store, 9, -6).await, []);
    assert_eq!(claim(store, 9, -5).await[0].lease.run, earlier);
    assert_eq!(claim(store, 9, 5).await.len(), 1);
}

pub(crate) async fn many_runs_are_claimed_at_once<S: Store>(store: &S) {
    let names: Vec<_> = (0..2_000).map(|number| format!("task-{number}")).collect();
    tasks(store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let fires = names.iter().map(|task| due(task, &[10])).collect();
    assert_eq!(store.record_fires(fires, at(10)).await.unwrap().len(), 2_000);
    let claimed = claim(store, u32::MAX, 10).await;
    assert_eq!(claimed.len(), 2_000);
    let leases = claimed.iter().map(|run| run.lease).collect();
    assert_eq!(store.renew(leases, at(99)).await.unwrap(), []);
    assert_eq!(store.expired(at(99)).await.unwrap().len(), 2_000);
}
