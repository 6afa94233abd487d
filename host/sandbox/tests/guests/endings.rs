//! Every end of an attempt is told apart, with what it used.

use std::time::Duration;

use horarium_core::{
    limits::{Fuel, Limits},
    log::Source,
    verdict::{FailureKind, Verdict},
};
use serde_json::json;

use crate::support::{Call, unruly};

const MIB: u64 = 1 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_context_reaches_the_guest() {
    let (sandbox, plugin) = unruly().await;
    let outcome = Call::to("echo").with(json!([1, "two"])).run(&sandbox, &plugin).await;
    let Verdict::Succeeded { output: Some(output) } = outcome.verdict else {
        panic!("{outcome:?}");
    };
    let output: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(output["args"], json!([1, "two"]));
    assert_eq!(output["run_id"], "test-1");
    assert_eq!((&output["attempt"], &output["max_attempts"]), (&json!(2), &json!(5)));
    assert_eq!(outcome.plugin, Some(plugin.digest()));
    assert!(outcome.usage.fuel.unwrap() > 0);
    assert!(outcome.usage.peak_memory >= 64 << 10);
    assert!(!outcome.usage.wall.is_zero());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_loop_ends_with_its_fuel() {
    let (sandbox, plugin) = unruly().await;
    let limits = Limits { fuel: Fuel::Limited(1_000_000), ..Limits::DEFAULT };
    let outcome = Call::to("spin").within(limits).run(&sandbox, &plugin).await;
    assert_eq!(outcome.verdict, Verdict::OutOfFuel { limit: 1_000_000 });
    assert_eq!(outcome.usage.fuel, Some(1_000_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_loop_with_endless_fuel_ends_with_its_time() {
    let (sandbox, plugin) = unruly().await;
    let timeout = Duration::from_millis(100);
    let limits = Limits { fuel: Fuel::Unlimited, timeout, ..Limits::DEFAULT };
    let outcome = Call::to("spin").within(limits).run(&sandbox, &plugin).await;
    assert_eq!(outcome.verdict, Verdict::TimedOut { limit: timeout });
    assert_eq!(outcome.usage.fuel, None);
    assert!(outcome.usage.wall >= timeout);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_asleep_in_the_host_ends_with_its_time() {
    let (sandbox, plugin) = unruly().await;
    let timeout = Duration::from_millis(100);
    let limits = Limits { timeout, ..Limits::DEFAULT };
    let call = Call::to("sleep").with(json!({ "ms": 3_600_000 })).within(limits);
    let outcome = call.run(&sandbox, &plugin).await;
    assert_eq!(outcome.verdict, Verdict::TimedOut { limit: timeout });
    assert!(outcome.usage.wall < Duration::from_secs(60));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_ends_at_its_limit_and_is_measured() {
    let (sandbox, plugin) = unruly().await;
    let limits = Limits { memory: 8 * MIB, ..Limits::DEFAULT };
    let outcome = Call::to("grow").within(limits).run(&sandbox, &plugin).await;
    let Verdict::OutOfMemory { limit, wanted } = outcome.verdict else { panic!("{outcome:?}") };
    assert_eq!(limit, 8 * MIB);
    assert!(wanted > limit);
    assert!((4 * MIB..=8 * MIB).contains(&outcome.usage.peak_memory));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_gets_along_without_more_memory_succeeds() {
    let (sandbox, plugin) = unruly().await;
    let limits = Limits { memory: 8 * MIB, ..Limits::DEFAULT };
    let outcome = Call::to("grow_politely").within(limits).run(&sandbox, &plugin).await;
    assert!(matches!(outcome.verdict, Verdict::Succeeded { .. }), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_that_begins_too_large_is_out_of_memory() {
    let (sandbox, plugin) = unruly().await;
    let limits = Limits { memory: 64 << 10, ..Limits::DEFAULT };
    let outcome = Call::to("succeed").within(limits).run(&sandbox, &plugin).await;
    assert!(matches!(outcome.verdict, Verdict::OutOfMemory { .. }), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_a_trap_with_its_text_its_place_and_its_function() {
    let (sandbox, plugin) = unruly().await;
    let call = Call::to("panic").with(json!({ "message": "out of \u{1b}[31mluck" }));
    let heard = call.heard.clone();
    let outcome = call.run(&sandbox, &plugin).await;
    let Verdict::Trapped(trap) = outcome.verdict else { panic!("{outcome:?}") };
    assert!(trap.message.contains("out of \\u{1b}[31mluck"), "{}", trap.message);
    assert!(trap.message.contains("ending.rs:"), "{}", trap.message);
    let named = trap.backtrace.iter().any(|frame| frame.starts_with("guest_unruly::"));
    assert!(named, "{:?}", trap.backtrace);
    assert!(heard.lines().iter().any(|line| line.target == "panic"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_recursion_is_a_trap() {
    let (sandbox, plugin) = unruly().await;
    let outcome = Call::to("recurse").run(&sandbox, &plugin).await;
    let Verdict::Trapped(trap) = outcome.verdict else { panic!("{outcome:?}") };
    assert!(trap.message.contains("call stack exhausted"), "{}", trap.message);
    assert!(trap.backtrace.len() <= 32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_say_what_to_do_about_them() {
    let (sandbox, plugin) = unruly().await;
    for (args, expected) in [
        (json!({ "kind": "retry" }), FailureKind::Retry),
        (
            json!({ "kind": "retry_after", "ms": 1500 }),
            FailureKind::RetryAfter(Duration::from_millis(1500)),
        ),
        (json!({ "kind": "permanent" }), FailureKind::Permanent),
    ] {
        let outcome = Call::to("fail").with(args).run(&sandbox, &plugin).await;
        let Verdict::Failed(failure) = outcome.verdict else { panic!("{outcome:?}") };
        assert_eq!(failure.kind, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_is_no_way_to_return() {
    let (sandbox, plugin) = unruly().await;
    for code in [0, 1, 255] {
        let outcome = Call::to("exit").with(json!({ "code": code })).run(&sandbox, &plugin).await;
        let Verdict::Failed(failure) = outcome.verdict else { panic!("{outcome:?}") };
        assert!(failure.message.contains("exit("), "{}", failure.message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_beyond_its_limit_is_a_failure_for_good() {
    let (sandbox, plugin) = unruly().await;
    let limits = Limits { output: 1_000, ..Limits::DEFAULT };
    // The last one is more than the host would even copy.
    for (bytes, fits) in [(998, true), (999, false), (200_000, false), (5_000_000, false)] {
        let call = Call::to("output").with(json!({ "bytes": bytes })).within(limits);
        let outcome = call.run(&sandbox, &plugin).await;
        match outcome.verdict {
            Verdict::Succeeded { .. } => assert!(fits),
            Verdict::Failed(failure) => {
                assert!(!fits);
                assert_eq!(failure.kind, FailureKind::Permanent);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_output_is_bounded_and_goes_on() {
    let (sandbox, plugin) = unruly().await;
    let limits = Limits { log: 64 << 10, ..Limits::DEFAULT };
    for one_line in [false, true] {
        let args = json!({ "bytes": 20_000_000, "one_line": one_line });
        let call = Call::to("flood").with(args).within(limits);
        let heard = call.heard.clone();
        let outcome = call.run(&sandbox, &plugin).await;
        assert!(matches!(outcome.verdict, Verdict::Succeeded { .. }), "{outcome:?}");
        let lines = heard.lines();
        let kept: usize = lines.iter().map(|line| line.message.len()).sum();
        assert!(kept < 80 << 10, "{kept} bytes were kept");
        let counted = lines.iter().any(|line| {
            line.message.contains("dropped here") || line.message.contains("bytes more")
        });
        assert!(counted, "nobody was told what is missing");
        assert!(lines.iter().any(|line| line.source == Source::Stdout));
    }
}
