//! Whole stories of the engine, in paused time.

use std::time::Duration;

use crate::support::*;
use horarium_core::{
    History,
    overlap::SkipReason,
    run::{RunId, Trigger},
    schedule::Schedule,
    store::{Refusal, Started},
    verdict::{Failure, FailureKind, Verdict, VerdictKind},
};
use horarium_engine::Event;
use horarium_store::SqliteStore;

const RUN_1: RunId = RunId(1);

#[tokio::test(start_paused = true)]
async fn a_periodic_task_runs_at_every_instant() {
    let host = Host::start(script(|_| Act::End(success())));
    host.engine.control().set_tasks(vec![task("tick", every(10))]).await;
    pass(35.0).await;
    let runs = host.runs().await;
    let instants: Vec<_> = runs.iter().map(|run| second(run.scheduled_for)).collect();
    assert_eq!(instants, [0.0, 10.0, 20.0, 30.0]);
    assert_eq!(host.states().await, ["succeeded"; 4]);
    for run in runs {
        let late = second(run.started_at.unwrap()) - second(run.scheduled_for);
        assert!((0.0..0.1).contains(&late), "run {} was {late} s late", run.run);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_task_is_retried_with_growing_waits_and_then_succeeds() {
    let host = Host::start(script(|invocation| match invocation.attempt {
        3 => Act::End(success()),
        _ => Act::End(Verdict::failed("not yet")),
    }));
    host.engine.control().set_tasks(vec![task("flaky", Schedule::Once)]).await;
    pass(10.0).await;
    assert_eq!(host.states().await, ["succeeded"]);
    let attempts = host.store.attempts(RUN_1).await.unwrap();
    let starts: Vec<_> = attempts.iter().map(|a| second(a.started_at).round()).collect();
    assert_eq!(starts, [0.0, 1.0, 3.0]);
    let verdicts: Vec<_> = attempts.iter().map(|a| a.verdict.unwrap()).collect();
    assert_eq!(verdicts, [VerdictKind::Failed, VerdictKind::Failed, VerdictKind::Succeeded]);
}

#[tokio::test(start_paused = true)]
async fn a_guest_decides_about_its_own_retry() {
    let host = Host::start(script(|invocation| {
        let kind = match invocation.spec.name.as_str() {
            "later" => FailureKind::RetryAfter(Duration::from_secs(100)),
            _ => FailureKind::Permanent,
        };
        Act::End(Verdict::Failed(Failure { kind, message: "no".into() }))
    }));
    host.engine
        .control()
        .set_tasks(vec![task("later", Schedule::Once), task("never", Schedule::Once)])
        .await;
    pass(50.0).await;
    let mut states: Vec<_> = host
        .runs()
        .await
        .iter()
        .map(|run| (run.task.to_string(), run.state.as_str(), run.attempts))
        .collect();
    states.sort();
    assert_eq!(states, [("later".into(), "retry_wait", 1), ("never".into(), "failed", 1)]);
    pass(60.0).await;
    let later = host
        .store
        .attempts(host.runs().await.iter().find(|r| r.task.as_str() == "later").unwrap().run);
    assert_eq!(later.await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_due_while_the_last_run_goes_on_is_skipped_and_recorded() {
    let host = Host::start(script(|_| Act::After(Duration::from_secs(25), success())));
    host.engine.control().set_tasks(vec![task("slow", every(10))]).await;
    pass(45.0).await;
    assert_eq!(host.states().await, ["succeeded", "skipped", "skipped", "running", "skipped"]);
    assert_eq!(host.runs().await[1].reason.as_deref(), Some("overlap"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_for_its_retry_is_not_over() {
    let host = Host::start(script(|_| Act::End(Verdict::failed("no"))));
    let mut stubborn = task("stubborn", every(10));
    stubborn.rules.retry.delay = Duration::from_secs(15);
    host.engine.control().set_tasks(vec![stubborn]).await;
    pass(11.0).await;
    assert_eq!(host.states().await, ["retry_wait", "skipped"]);
}

#[tokio::test(start_paused = true)]
async fn a_continuous_task_goes_on_after_its_pause_whatever_happened() {
    let host = Host::start(script(|invocation| {
        let failed = Verdict::failed_for_good("no");
        let verdict = if second(invocation.scheduled_for) < 1.0 { failed } else { success() };
        Act::After(Duration::from_secs(2), verdict)
    }));
    let schedule = Schedule::Continuous { pause: Duration::from_secs(3) };
    host.engine.control().set_tasks(vec![task("pump", schedule)]).await;
    pass(13.0).await;
    let runs = host.runs().await;
    let starts: Vec<_> =
        runs.iter().filter_map(|r| r.started_at.map(|at| second(at).round())).collect();
    assert_eq!(starts, [0.0, 5.0, 10.0]);
    assert_eq!(host.states().await, ["failed", "succeeded", "succeeded", "scheduled"]);
    assert!(runs.iter().all(|run| run.trigger == Trigger::Continuous));
}

#[tokio::test(start_paused = true)]
async fn once_stays_once_over_a_restart() {
    let store = SqliteStore::in_memory().unwrap();
    let clock = PausedClock::start();
    for _ in 0..3 {
        let host = Host::on(store.clone(), clock.clone(), script(|_| Act::End(success())), 8);
        host.engine.control().set_tasks(vec![task("migrate", Schedule::Once)]).await;
        pass(100.0).await;
        assert_eq!(host.states().await, ["succeeded"]);
        host.engine.drain(Duration::ZERO).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_while_nobody_ran_is_made_up_for_once() {
    let store = SqliteStore::in_memory().unwrap();
    let clock = PausedClock::start();
    let first = Host::on(store.clone(), clock.clone(), script(|_| Act::End(success())), 8);
    first.engine.control().set_tasks(vec![task("tick", every(10))]).await;
    pass(15.0).await;
    first.engine.drain(Duration::ZERO).await;
    pass(100.0).await;
    let second_host = Host::on(store, clock, script(|_| Act::End(success())), 8);
    second_host.engine.control().set_tasks(vec![task("tick", every(10))]).await;
    pass(1.0).await;
    let instants: Vec<_> =
        second_host.runs().await.iter().map(|run| second(run.scheduled_for)).collect();
    assert_eq!(instants, [0.0, 10.0, 110.0]);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_capacity_runs_at_once() {
    let script = script(|_| Act::After(Duration::from_secs(1), success()));
    let host = Host::on(SqliteStore::in_memory().unwrap(), PausedClock::start(), script, 3);
    let tasks = (0..10).map(|n| task(&format!("t{n}"), Schedule::Once)).collect();
    host.engine.control().set_tasks(tasks).await;
    pass(0.5).await;
    for (succeeded, running) in [(0, 3), (3, 3), (6, 3), (9, 1), (10, 0)] {
        let states = host.states().await;
        let count = |word| states.iter().filter(|state| **state == word).count();
        assert_eq!((count("succeeded"), count("running")), (succeeded, running));
        pass(1.0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_lets_short_attempts_end_and_hands_back_long_ones() {
    let script_of_both = script(|invocation| match invocation.spec.name.as_str() {
        "short" => Act::After(Duration::from_secs(3), success()),
        _ => Act::Hang,
    });
    let (store, clock) = (SqliteStore::in_memory().unwrap(), PausedClock::start());
    let host = Host::on(store.clone(), clock.clone(), script_of_both, 8);
    let mut long = task("long", Schedule::Once);
    long.rules.retry.max_attempts = 1;
    host.engine.control().set_tasks(vec![task("short", Schedule::Once), long.clone()]).await;
    pass(1.0).await;
    let before = tokio::time::Instant::now();
    host.engine.drain(Duration::from_secs(5)).await;
    assert_eq!(before.elapsed().as_secs(), 5);

    let successor = Host::on(store, clock, script(|_| Act::End(success())), 8);
    let mut states = successor.states().await;
    states.sort_unstable();
    assert_eq!(states, ["scheduled", "succeeded"]);
    // Its only attempt was refunded.
    successor.engine.control().set_tasks(vec![long]).await;
    pass(1.0).await;
    assert_eq!(successor.states().await, ["succeeded", "succeeded"]);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_dies_leaves_nothing_behind_that_its_successor_does_not_find() {
    let store = SqliteStore::in_memory().unwrap();
    let clock = PausedClock::start();
    let dead = Host::on(store.clone(), clock.clone(), script(|_| Act::Hang), 8);
    let mut at_most_once = task("at-most-once", Schedule::Once);
    at_most_once.rules.retry.max_attempts = 1;
    let tasks = vec![task("again", Schedule::Once), at_most_once];
    dead.engine.control().set_tasks(tasks.clone()).await;
    pass(1.0).await;
    drop(dead);

    let host = Host::on(store, clock, script(|_| Act::End(success())), 8);
    host.engine.control().set_tasks(tasks).await;
    pass(20.0).await;
    assert_eq!(host.states().await, ["running", "running"], "the leases are not over yet");
    pass(20.0).await;
    let mut states = host.states().await;
    states.sort_unstable();
    assert_eq!(states, ["lost", "succeeded"]);
}

#[tokio::test(start_paused = true)]
async fn a_long_attempt_keeps_its_lease() {
    let host = Host::start(script(|_| Act::After(Duration::from_secs(300), success())));
    host.engine.control().set_tasks(vec![task("long", Schedule::Once)]).await;
    pass(299.0).await;
    assert_eq!(host.states().await, ["running"]);
    pass(2.0).await;
    assert_eq!(host.states().await, ["succeeded"]);
    assert_eq!(host.store.attempts(RUN_1).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_the_executor_costs_one_attempt_and_nothing_else() {
    let host = Host::start(script(|invocation| match invocation.attempt {
        1 => Act::Panic,
        _ => Act::End(success()),
    }));
    host.engine.control().set_tasks(vec![task("odd", Schedule::Once)]).await;
    pass(60.0).await;
    assert_eq!(host.states().await, ["succeeded"]);
    let verdicts: Vec<_> = host
        .store
        .attempts(RUN_1)
        .await
        .unwrap()
        .iter()
        .map(|attempt| attempt.verdict.unwrap())
        .collect();
    assert_eq!(verdicts, [VerdictKind::Lost, VerdictKind::Succeeded]);
}

#[tokio::test(start_paused = true)]
async fn new_tasks_replace_old_ones_and_what_runs_goes_on() {
    let host = Host::start(script(|_| Act::After(Duration::from_secs(5), success())));
    host.engine.control().set_tasks(vec![task("old", every(10))]).await;
    pass(1.0).await;
    host.engine.control().set_tasks(vec![task("new", every(10))]).await;
    pass(25.0).await;
    let runs: Vec<_> = host
        .runs()
        .await
        .iter()
        .map(|run| (run.task.to_string(), second(run.scheduled_for), run.state.as_str()))
        .collect();
    assert_eq!(
        runs,
        [
            ("old".to_owned(), 0.0, "succeeded"),
            ("new".to_owned(), 10.0, "succeeded"),
            ("new".to_owned(), 20.0, "succeeded"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_watches_hears_what_happens_in_order() {
    let host = Host::start(script(|_| Act::End(success())));
    host.engine.control().set_tasks(vec![task("tick", Schedule::Once)]).await;
    pass(1.0).await;
    let told = host.told();
    assert!(matches!(
        told.as_slice(),
        [Event::Fired(_), Event::Started { .. }, Event::Ended { .. }]
    ));
}

#[tokio::test(start_paused = true)]
async fn a_manual_task_runs_when_somebody_asks_and_only_then() {
    let host = Host::start(script(|_| Act::After(Duration::from_secs(5), success())));
    host.engine.control().set_tasks(vec![task("report", Schedule::Manual)]).await;
    pass(1000.0).await;
    assert!(host.runs().await.is_empty());
    let Started::New(fire) = host.ask("report").await else { panic!("it is to run") };
    assert_eq!(fire.fire.trigger, Trigger::Manual);
    pass(1.0).await;
    let refused = Started::Refused(Refusal::Skipped(SkipReason::Overlap));
    assert_eq!(host.ask("report").await, refused);
    pass(10.0).await;
    assert_eq!(host.states().await, ["succeeded"]);
    assert_eq!(host.ask("unknown").await, Started::Refused(Refusal::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_manual_run_breaks_no_chain() {
    let host = Host::start(script(|_| Act::After(Duration::from_secs(2), success())));
    let schedule = Schedule::Continuous { pause: Duration::from_secs(3) };
    host.engine.control().set_tasks(vec![task("pump", Schedule::Manual)]).await;
    host.ask("pump").await;
    host.engine.control().set_tasks(vec![task("pump", schedule)]).await;
    pass(11.0).await;
    let by = |trigger: Trigger, runs: &[horarium_core::store::RunView]| {
        runs.iter().filter(|run| run.trigger == trigger).count()
    };
    let runs = host.runs().await;
    assert_eq!((by(Trigger::Manual, &runs), by(Trigger::Continuous, &runs)), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_single_run_is_not_lost_to_an_overlap() {
    let host = Host::start(script(|_| Act::After(Duration::from_secs(5), success())));
    host.engine.control().set_tasks(vec![task("a", every(100))]).await;
    pass(1.0).await;
    host.engine.control().set_tasks(vec![task("a", Schedule::Once)]).await;
    pass(20.0).await;
    assert_eq!(host.states().await, ["succeeded", "succeeded"]);
}
