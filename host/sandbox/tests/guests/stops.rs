//! Stopping an attempt from outside.

use std::time::Duration;

use horarium_core::{
    executor::StopReason,
    limits::{Fuel, Limits},
    verdict::Verdict,
};
use horarium_sandbox::{Plugin, Sandbox};
use serde_json::json;
use tokio::sync::oneshot;

use crate::support::{Call, unruly};

/// `unruly`, compiled for unlimited fuel as well: what is stopped below is a guest,
/// not a compiler.
async fn unlimited() -> (Sandbox, Plugin) {
    let (sandbox, plugin) = unruly().await;
    let limits = Limits { fuel: Fuel::Unlimited, ..Limits::DEFAULT };
    let outcome = Call::to("succeed").within(limits).run(&sandbox, &plugin).await;
    assert!(matches!(outcome.verdict, Verdict::Succeeded { .. }), "{outcome:?}");
    (sandbox, plugin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_reaches_a_guest_that_spins_and_one_that_sleeps() {
    let (sandbox, plugin) = unlimited().await;
    let limits = Limits { fuel: Fuel::Unlimited, ..Limits::DEFAULT };
    for (function, args) in [("spin", json!(null)), ("sleep", json!({ "ms": 3_600_000 }))] {
        for (reason, expected) in
            [(StopReason::Cancel, Verdict::Cancelled), (StopReason::Shutdown, Verdict::Interrupted)]
        {
            let (stop, stopped) = oneshot::channel();
            let mut call = Call::to(function).with(args.clone()).within(limits);
            call.stop = Box::pin(async { stopped.await.unwrap() });
            let run = call.run(&sandbox, &plugin);
            let (outcome, ()) = tokio::join!(run, async {
                tokio::task::yield_now().await;
                stop.send(reason).unwrap();
            });
            assert_eq!(outcome.verdict, expected, "{function}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_drops_the_attempt_stops_the_guest() {
    let (sandbox, plugin) = unlimited().await;
    let limits = Limits { fuel: Fuel::Unlimited, ..Limits::DEFAULT };
    let spin = Call::to("spin").within(limits).run(&sandbox, &plugin);
    assert!(tokio::time::timeout(Duration::from_millis(50), spin).await.is_err());
    // The place of the dropped instance is free again: more attempts than the
    // pool holds, one after the other.
    for _ in 0..20 {
        let sleep = Call::to("sleep").with(json!({ "ms": 3_600_000 })).run(&sandbox, &plugin);
        assert!(tokio::time::timeout(Duration::from_millis(1), sleep).await.is_err());
    }
    let outcome = Call::to("succeed").run(&sandbox, &plugin).await;
    assert!(matches!(outcome.verdict, Verdict::Succeeded { .. }), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_that_spin_leave_room_for_others() {
    let (sandbox, plugin) = unlimited().await;
    let limits =
        Limits { fuel: Fuel::Unlimited, timeout: Duration::from_secs(3600), ..Limits::DEFAULT };
    // One more than there are threads.
    let spinners = async {
        tokio::join!(
            Call::to("spin").within(limits).run(&sandbox, &plugin),
            Call::to("spin").within(limits).run(&sandbox, &plugin),
            Call::to("spin").within(limits).run(&sandbox, &plugin),
        )
    };
    tokio::select! {
        ended = spinners => panic!("{ended:?}"),
        outcome = Call::to("succeed").run(&sandbox, &plugin) => {
            assert!(matches!(outcome.verdict, Verdict::Succeeded { .. }), "{outcome:?}");
        }
    }
}
