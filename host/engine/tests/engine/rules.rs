//! The rules of runs, in paused time.

use std::{num::NonZeroU32, time::Duration};

use crate::support::*;
use horarium_core::{
    History,
    effects::When,
    misfire::Misfire,
    overlap::Overlap,
    retry::RetryPolicy,
    rules::Rules,
    run::{RunId, RunState},
    schedule::Schedule,
    store::{Cancelled, Pause, Refusal, Scope, Started, WaitsFor},
    task::TaskSpec,
    verdict::Verdict,
};
use horarium_engine::{Asked, Event};
use horarium_store::SqliteStore;

fn lasting(seconds: u64) -> Scripted {
    script(move |_| Act::After(Duration::from_secs(seconds), success()))
}

/// When each run of a host began, in whole seconds, oldest run first.
async fn starts(host: &Host) -> Vec<Option<u64>> {
    let runs = host.runs().await;
    let whole = |at| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
        let second = second(at) as u64;
        second
    };
    runs.iter().map(|run| run.started_at.map(whole)).collect()
}

#[tokio::test(start_paused = true)]
async fn of_what_is_due_meanwhile_one_waits() {
    let host = Host::start(lasting(25));
    let rules = Rules { overlap: Overlap::QueueOne, ..Rules::default() };
    host.engine.control().set_tasks(vec![task_by("a", every(10), rules)]).await;
    pass(59.0).await;
    assert_eq!(
        host.states().await,
        ["succeeded", "succeeded", "skipped", "running", "skipped", "scheduled"]
    );
    assert_eq!(starts(&host).await, [Some(0), Some(25), None, Some(50), None, None]);
}

#[tokio::test(start_paused = true)]
async fn all_that_is_due_meanwhile_waits_in_order() {
    let host = Host::start(lasting(15));
    let rules = Rules { overlap: Overlap::QueueAll { limit: 2 }, ..Rules::default() };
    host.engine.control().set_tasks(vec![task_by("a", every(10), rules)]).await;
    pass(41.0).await;
    assert_eq!(starts(&host).await[..4], [Some(0), Some(15), Some(30), None]);
}

#[tokio::test(start_paused = true)]
async fn a_new_run_stops_the_one_before_it() {
    let host = Host::start(lasting(25));
    let rules = Rules { overlap: Overlap::CancelPrevious, ..Rules::default() };
    host.engine.control().set_tasks(vec![task_by("a", every(10), rules)]).await;
    pass(21.0).await;
    assert_eq!(host.states().await, ["cancelled", "cancelled", "running"]);
    assert_eq!(starts(&host).await, [Some(0), Some(10), Some(20)]);
}

#[tokio::test(start_paused = true)]
async fn so_many_go_on_at_once_as_a_task_allows() {
    let host = Host::start(lasting(25));
    let overlap = Overlap::Allow { concurrent: NonZeroU32::new(2), limit: 9 };
    host.engine
        .control()
        .set_tasks(vec![task_by("a", every(10), Rules { overlap, ..Rules::default() })])
        .await;
    pass(39.0).await;
    assert_eq!(starts(&host).await, [Some(0), Some(10), Some(25), Some(35)]);
}

#[tokio::test(start_paused = true)]
async fn a_chain_and_a_manual_run_take_turns() {
    let host = Host::start(lasting(10));
    let schedule = Schedule::Continuous { pause: Duration::from_secs(5) };
    let rules = Rules { overlap: Overlap::QueueOne, ..Rules::default() };
    host.engine.control().set_tasks(vec![task_by("pump", schedule, rules)]).await;
    pass(1.0).await;
    assert!(matches!(host.ask("pump").await, Started::New(_)));
    pass(40.0).await;
    // The chain's next run is due at 15, and waits for the manual one.
    let runs = host.runs().await;
    let mut spans: Vec<_> = runs
        .iter()
        .filter_map(|run| Some((second(run.started_at?), second(run.ended_at?))))
        .collect();
    spans.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert!(spans.is_sorted_by(|one, next| one.1 <= next.0), "{spans:?}");
    assert!(spans.len() >= 3);
}

#[tokio::test(start_paused = true)]
async fn the_more_important_goes_first() {
    let store = SqliteStore::in_memory().unwrap();
    let host = Host::on(store, PausedClock::start(), lasting(10), 1);
    let task = |name: &str, priority| {
        task_by(name, Schedule::Manual, Rules { priority, ..Rules::default() })
    };
    host.engine.control().set_tasks(vec![task("first", 0), task("low", -5), task("high", 5)]).await;
    for name in ["first", "low", "high"] {
        host.ask(name).await;
        pass(0.1).await;
    }
    pass(11.0).await;
    assert_eq!(host.states().await, ["succeeded", "scheduled", "running"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_can_not_start_in_time_is_over() {
    let store = SqliteStore::in_memory().unwrap();
    let host = Host::on(store, PausedClock::start(), lasting(60), 1);
    let rules = Rules { start_deadline: Some(Duration::from_secs(5)), ..Rules::default() };
    let long = task_by("long", Schedule::Once, Rules { priority: 1, ..Rules::default() });
    host.engine.control().set_tasks(vec![long, task_by("late", Schedule::Manual, rules)]).await;
    pass(1.0).await;
    host.ask("late").await;
    pass(8.0).await;
    assert_eq!(host.states().await, ["running", "expired"]);
    assert_eq!(host.runs().await[1].reason.as_deref(), Some("start_deadline"));
    assert!(host.told().iter().any(|event| matches!(event, Event::Expired(_))));
}

#[tokio::test(start_paused = true)]
async fn a_chain_goes_on_after_a_run_that_was_too_late() {
    let store = SqliteStore::in_memory().unwrap();
    let host = Host::on(store, PausedClock::start(), lasting(60), 1);
    let schedule = Schedule::Continuous { pause: Duration::from_secs(10) };
    let rules = Rules { start_deadline: Some(Duration::from_secs(5)), ..Rules::default() };
    let long = task_by("long", Schedule::Once, Rules { priority: 1, ..Rules::default() });
    host.engine.control().set_tasks(vec![long, task_by("pump", schedule, rules)]).await;
    pass(200.0).await;
    let runs = host.runs().await;
    let states: Vec<_> =
        runs.iter().filter(|run| run.task.as_str() == "pump").map(|run| run.state).collect();
    assert!(states.len() > 2, "{states:?}");
    assert_eq!(states[0].as_str(), "expired");
    assert!(states.iter().any(|state| state.as_str() == "succeeded"), "{states:?}");
}

#[tokio::test(start_paused = true)]
async fn a_runs_deadline_bounds_all_its_attempts() {
    let host = Host::start(script(|invocation| {
        let timeout = invocation.within.unwrap();
        Act::After(timeout.min(Duration::from_secs(4)), Verdict::failed(format!("{timeout:?}")))
    }));
    let retry = RetryPolicy {
        max_attempts: 9,
        delay: Duration::from_secs(2),
        factor: 1.0,
        jitter: 0.0,
        ..RetryPolicy::DEFAULT
    };
    let rules = Rules { retry, deadline: Some(Duration::from_secs(15)), ..Rules::default() };
    host.engine.control().set_tasks(vec![TaskSpec { rules, ..task("a", Schedule::Once) }]).await;
    pass(60.0).await;
    // 0 to 4, 6 to 10, 12 to 15: the last one has what is left.
    let attempts = host.store.attempts(RunId(1)).await.unwrap();
    assert_eq!(attempts.len(), 3);
    assert_eq!(attempts[0].error.as_deref(), Some("15s"), "not the 60 seconds of its limit");
    let left = attempts[2].error.as_deref().unwrap();
    assert!(left.starts_with("2.9") || left.starts_with('3'), "{left}");
    assert_eq!(host.states().await, ["failed"]);
}

#[tokio::test(start_paused = true)]
async fn runs_are_spread_by_their_jitter() {
    let host = Host::start(script(|_| Act::End(success())));
    let rules = Rules { jitter: Duration::from_secs(50), ..Rules::default() };
    let tasks = (0..20).map(|n| task_by(&format!("task-{n}"), every(100), rules));
    host.engine.control().set_tasks(tasks.collect()).await;
    pass(99.0).await;
    let runs = host.runs().await;
    let mut starts: Vec<_> = runs.iter().map(|run| second(run.started_at.unwrap())).collect();
    starts.sort_by(f64::total_cmp);
    assert_eq!(starts.len(), 20);
    assert!(starts[0] < 20.0 && starts[19] > 30.0 && starts[19] < 50.5, "{starts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_is_for_the_rule_to_decide() {
    let rule =
        |name: &str, misfire| task_by(name, every(10), Rules { misfire, ..Rules::default() });
    let tasks = || {
        let queue = Overlap::QueueAll { limit: 99 };
        let all = Rules { misfire: Misfire::All { limit: 3 }, overlap: queue, ..Rules::default() };
        vec![
            rule("skip", Misfire::Skip),
            rule("latest", Misfire::Latest),
            task_by("all", every(10), all),
        ]
    };
    let store = SqliteStore::in_memory().unwrap();
    let clock = PausedClock::start();
    let quick = || script(|_| Act::End(success()));
    let host = Host::on(store.clone(), clock.clone(), quick(), 8);
    host.engine.control().set_tasks(tasks()).await;
    pass(1.0).await;
    host.engine.drain(Duration::from_secs(1)).await;
    pass(84.0).await;
    let host = Host::on(store, clock, quick(), 8);
    host.engine.control().set_tasks(tasks()).await;
    pass(10.0).await;
    let runs = host.runs().await;
    let of = |task: &str| -> Vec<_> {
        let of_task = runs.iter().filter(|run| run.task.as_str() == task);
        of_task.map(|run| (second(run.scheduled_for), run.state.as_str())).collect()
    };
    let ran = |at: f64| (at, "succeeded");
    assert_eq!(of("skip"), [ran(0.0), (80.0, "skipped"), ran(90.0)]);
    assert_eq!(of("latest"), [ran(0.0), ran(80.0), ran(90.0)]);
    assert_eq!(of("all"), [ran(0.0), ran(60.0), ran(70.0), ran(80.0), ran(90.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_cancelled_wherever_it_is() {
    let host = Host::start(lasting(60));
    let rules = Rules { overlap: Overlap::QueueOne, ..Rules::default() };
    host.engine.control().set_tasks(vec![task_by("a", Schedule::Manual, rules)]).await;
    host.ask("a").await;
    host.ask("a").await;
    pass(1.0).await;
    let cancel = async |run| host.engine.control().cancel(RunId(run)).await.unwrap().unwrap();
    assert!(matches!(cancel(2).await, Cancelled::Over { .. }));
    assert!(matches!(cancel(1).await, Cancelled::Running(_)));
    pass(1.0).await;
    assert_eq!(host.states().await, ["cancelled", "cancelled"]);
    assert_eq!(cancel(1).await, Cancelled::Ended);
    assert_eq!(cancel(7).await, Cancelled::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_paused_task_starts_nothing_until_it_goes_on() {
    let host = Host::start(script(|_| Act::End(success())));
    host.engine.control().set_tasks(vec![task_by("a", every(10), Rules::default())]).await;
    pass(15.0).await;
    let a = || Scope::Task("a".parse().unwrap());
    assert!(host.engine.control().pause(a()).await.unwrap().unwrap());
    let refused = Started::Refused(Refusal::Paused(Pause::Paused));
    assert_eq!(host.ask("a").await, refused);
    pass(100.0).await;
    assert_eq!(host.runs().await.len(), 2);
    assert!(host.engine.control().resume(a()).await.unwrap().unwrap());
    pass(10.0).await;
    let instants: Vec<_> = host.runs().await.iter().map(|run| second(run.scheduled_for)).collect();
    assert_eq!(instants, [0.0, 10.0, 110.0, 120.0], "the last one it missed, and the next");
}

#[tokio::test(start_paused = true)]
async fn a_paused_host_starts_nothing_until_it_goes_on() {
    let store = SqliteStore::in_memory().unwrap();
    let clock = PausedClock::start();
    let start = || Host::on(store.clone(), clock.clone(), script(|_| Act::End(success())), 8);
    let tasks = || vec![task_by("a", every(10), Rules::default())];
    let host = start();
    host.engine.control().set_tasks(tasks()).await;
    pass(15.0).await;
    assert!(host.engine.control().pause(Scope::All).await.unwrap().unwrap());
    assert_eq!(host.ask("a").await, Started::Refused(Refusal::AllPaused));
    pass(50.0).await;
    host.engine.drain(Duration::ZERO).await;
    // It is not forgotten, neither by the next host nor when its tasks change.
    let host = start();
    host.engine.control().set_tasks(tasks()).await;
    pass(50.0).await;
    assert_eq!(host.runs().await.len(), 2);
    assert!(host.engine.control().resume(Scope::All).await.unwrap().unwrap());
    pass(10.0).await;
    let instants: Vec<_> = host.runs().await.iter().map(|run| second(run.scheduled_for)).collect();
    assert_eq!(instants, [0.0, 10.0, 110.0, 120.0], "the last one it missed, and the next");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_in_a_row_is_put_aside() {
    let host = Host::start(script(|_| Act::End(Verdict::failed("no"))));
    let rules = Rules { quarantine: NonZeroU32::new(3), ..Rules::default() };
    host.engine.control().set_tasks(vec![task_by("a", every(10), rules)]).await;
    pass(100.0).await;
    assert_eq!(host.states().await, ["failed"; 3]);
    assert!(host.told().iter().any(|event| matches!(event, Event::Quarantined { .. })));
    let refused = Started::Refused(Refusal::Paused(Pause::Quarantined));
    assert_eq!(host.ask("a").await, refused);
}

#[tokio::test(start_paused = true)]
async fn a_run_can_be_asked_for_with_all_it_needs() {
    let host = Host::start(script(|invocation| {
        Act::End(Verdict::Succeeded { output: Some(invocation.spec.args.to_string()) })
    }));
    host.engine.control().set_tasks(vec![task_by("a", Schedule::Manual, Rules::default())]).await;
    let asked = Asked {
        when: When::After(Duration::from_secs(30)),
        args: Some("[7]".to_owned()),
        key: Some("once".to_owned()),
        ..Asked::now("a".parse().unwrap())
    };
    let ask = async || host.engine.control().trigger(asked.clone()).await.unwrap().unwrap();
    let Started::New(fire) = ask().await else { panic!("it is new") };
    assert_eq!(ask().await, Started::Known(fire.run));
    pass(29.0).await;
    let view = host.store.run(fire.run).await.unwrap().unwrap();
    assert_eq!((view.state, view.waits_for), (RunState::Scheduled, Some(WaitsFor::Time)));
    pass(2.0).await;
    let view = host.store.run(fire.run).await.unwrap().unwrap();
    assert_eq!(view.output.as_deref(), Some("[7]"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_lost_may_be_over_for_good() {
    let store = SqliteStore::in_memory().unwrap();
    let clock = PausedClock::start();
    let rules = Rules {
        on_lost: horarium_core::rules::OnLost::Fail,
        retry: RetryPolicy { max_attempts: 5, ..RetryPolicy::DEFAULT },
        ..Rules::default()
    };
    let spec = TaskSpec { rules, ..task("a", Schedule::Once) };
    let host = Host::on(store.clone(), clock.clone(), script(|_| Act::Hang), 8);
    host.engine.control().set_tasks(vec![spec.clone()]).await;
    pass(1.0).await;
    // Without a drain: its lease runs out.
    drop(host);
    let host = Host::on(store, clock, script(|_| Act::End(success())), 8);
    host.engine.control().set_tasks(vec![spec]).await;
    pass(60.0).await;
    assert_eq!(host.states().await, ["lost"]);
}
