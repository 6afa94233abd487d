//! What metering costs a guest that computes.

use std::time::Instant;

use anyhow::{Result, anyhow};
use horarium_core::{
    limits::{Fuel, Limits},
    verdict::VerdictKind,
};
use wasmtime::{Config, Engine};

use super::setup::{self, MEASURED};
use crate::{
    figure::{Better, Figure, median, rounded},
    floor::Floor,
};

const ROUNDS: usize = 9;
const ARGS: &str = r#"{"n":35}"#;

pub(super) async fn measure() -> Result<()> {
    let (sandbox, plugin) = setup::sandbox(4, MEASURED).await?;
    let mut plain = Config::new();
    plain.concurrency_support(false);
    let plain = Engine::new(&plain).map_err(|reason| anyhow!("{reason:#}"))?;
    let plain = Floor::new(&plain, &setup::read(MEASURED)?, false)
        .map_err(|reason| anyhow!("{reason:#}"))?;
    let unlimited = Limits { fuel: Fuel::Unlimited, ..Limits::DEFAULT };
    let unmetered = setup::spec("fib", ARGS, unlimited)?;
    let limited = Limits { fuel: Fuel::Limited(1 << 50), ..Limits::DEFAULT };
    let metered = setup::spec("fib", ARGS, limited)?;
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        let start = Instant::now();
        plain.once("fib", ARGS).await.map_err(|reason| anyhow!("{reason:#}"))?;
        times[0].push(start.elapsed().as_secs_f64() * 1e3);
        for (spec, times) in [&unmetered, &metered].into_iter().zip(&mut times[1..]) {
            let start = Instant::now();
            let outcome = sandbox.run(&plugin, setup::attempt(spec)).await;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            setup::expect(&outcome, VerdictKind::Succeeded)?;
        }
        // In the first round code is compiled for the engine without fuel.
        if round == 0 {
            times.iter_mut().for_each(Vec::clear);
        }
    }
    let [plain, unmetered, metered] = times.map(median);
    Figure {
        name: "sandbox.fib_raw_ms",
        value: rounded(plain),
        unit: "ms",
        goal: None,
        better: Better::Lower,
        about: "fib(35) in plain wasmtime without fuel or epochs; p50 of 9",
    }
    .print()?;
    Figure {
        name: "sandbox.fib_unmetered_over_raw",
        value: rounded(unmetered / plain),
        unit: "ratio",
        goal: Some(1.3),
        better: Better::Lower,
        about: "fib(35) as an attempt with `fuel = \"unlimited\"` over plain wasmtime, in turn; p50 of 9",
    }
    .print()?;
    Figure {
        name: "sandbox.fib_metered_over_raw",
        value: rounded(metered / plain),
        unit: "ratio",
        goal: Some(1.5),
        better: Better::Lower,
        about: "fib(35) as an attempt with a fuel limit over plain wasmtime, in turn; p50 of 9",
    }
    .print()
}
