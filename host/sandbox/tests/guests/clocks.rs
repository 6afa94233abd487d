//! Clocks tell the time as finely as they may.

use horarium_core::{
    grants::{Clocks, Grants},
    limits::{Fuel, Limits},
};
use serde_json::Value;

use crate::support::{Call, output, prober};

const MILLISECOND: u64 = 1_000_000;

async fn readings(clocks: Clocks) -> Value {
    let (sandbox, plugin) = prober().await;
    let limits = Limits { fuel: Fuel::Unlimited, ..Limits::DEFAULT };
    let call = Call::to("clocks").within(limits).granted(Grants { clocks, ..Grants::default() });
    output(&call.run(&sandbox, &plugin).await)
}

fn steps(readings: &Value) -> Vec<u64> {
    serde_json::from_value(readings["steps"].clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coarse_clocks_move_by_whole_milliseconds() {
    let readings = readings(Clocks::Coarse).await;
    assert!(steps(&readings).iter().all(|step| step % MILLISECOND == 0), "{readings}");
    assert_eq!(readings["wall"].as_u64().unwrap() % MILLISECOND, 0);
    assert!(readings["slept"].as_u64().unwrap() >= 20 * MILLISECOND, "{readings}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exact_clocks_are_those_of_the_machine() {
    let readings = readings(Clocks::Exact).await;
    assert!(steps(&readings).iter().any(|step| step % MILLISECOND != 0), "{readings}");
    assert!(readings["slept"].as_u64().unwrap() >= 20 * MILLISECOND, "{readings}");
}
