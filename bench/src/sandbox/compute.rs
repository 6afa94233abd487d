//! What metering costs a guest that computes.

use std::{future::Future, pin::Pin, time::Instant};

use anyhow::{Result, anyhow, ensure};
use horarium_core::{
    limits::{Fuel, Limits},
    verdict::{Verdict, VerdictKind},
};
use horarium_sandbox::{Plugin, Sandbox};
use wasmtime::{
    Config, Engine, Store,
    component::{Component, Linker},
};

use super::setup::{self, MEASURED};
use crate::{
    figure::{Better, Figure, median, rounded},
    floor::Floor,
};

const ROUNDS: usize = 9;
const ARGS: &str = r#"{"n":35}"#;

/// The function as textbooks have it: two calls, and nothing else. It knows nothing
/// of tasks.
const TEXTBOOK: &str = r#"(component
    (core module $m
        (func $fib (export "fib") (param i32) (result i64)
            (if (result i64) (i32.lt_u (local.get 0) (i32.const 2))
                (then (i64.extend_i32_u (local.get 0)))
                (else (i64.add
                    (call $fib (i32.sub (local.get 0) (i32.const 1)))
                    (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
    (core instance $i (instantiate $m))
    (func (export "fib") (param "n" u32) (result u64) (canon lift (core func $i "fib"))))"#;

/// A way to compute it.
type Once<'a> =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> + Send + Sync + 'a>;

pub(super) async fn measure() -> Result<()> {
    let mut plain = Config::new();
    plain.concurrency_support(false);
    let plain = Engine::new(&plain).map_err(|reason| anyhow!("{reason:#}"))?;

    let text = wat::parse_str(TEXTBOOK)?;
    let raw = Component::from_binary(&plain, &text).map_err(|reason| anyhow!("{reason:#}"))?;
    let (sandbox, plugin) = setup::sandbox_of(4, text).await?;
    let raw: Once<'_> = Box::new(|| Box::pin(textbook(&raw)));
    let ratios = compare(&raw, &sandbox, &plugin).await?;
    ratios.print(
        ["sandbox.fib_raw_ms", "sandbox.fib_unmetered_over_raw", "sandbox.fib_metered_over_raw"],
        [Some(1.3), Some(1.5)],
        "fib(35) as in textbooks, two calls each",
    )?;

    // Where calls cost more than what is in them, so does counting them.
    let (sandbox, plugin) = setup::sandbox(4, MEASURED).await?;
    let floor = Floor::new(&plain, &setup::read(MEASURED)?, false);
    let floor = floor.map_err(|reason| anyhow!("{reason:#}"))?;
    let raw: Once<'_> = Box::new(|| {
        Box::pin(async {
            floor.once("fib", ARGS).await.map_err(|reason| anyhow!("{reason:#}"))?;
            Ok(())
        })
    });
    let ratios = compare(&raw, &sandbox, &plugin).await?;
    ratios.print(
        [
            "sandbox.llvm_fib_raw_ms",
            "sandbox.llvm_fib_unmetered_over_raw",
            "sandbox.llvm_fib_metered_over_raw",
        ],
        [None, None],
        "fib(35) in Rust, where LLVM has made a loop of the second call",
    )
}

async fn textbook(component: &Component) -> Result<()> {
    let compute = async {
        let mut store = Store::new(component.engine(), ());
        let linker = Linker::new(component.engine());
        let instance = linker.instantiate_async(&mut store, component).await?;
        let fib = instance.get_typed_func::<(u32,), (u64,)>(&mut store, "fib")?;
        fib.call_async(&mut store, (35,)).await
    };
    let (number,) = compute.await.map_err(|reason: wasmtime::Error| anyhow!("{reason:#}"))?;
    ensure!(number == 9_227_465, "fib(35) came to {number}");
    Ok(())
}

/// Milliseconds in plain wasmtime, and how many times as long it took otherwise.
struct Ratios {
    raw: f64,
    unmetered: f64,
    metered: f64,
}

/// Computes it in plain wasmtime, without fuel and with fuel, in turn.
async fn compare(raw: &Once<'_>, sandbox: &Sandbox, plugin: &Plugin) -> Result<Ratios> {
    let limits = |fuel| Limits { fuel, ..Limits::DEFAULT };
    let unmetered = setup::spec("fib", ARGS, limits(Fuel::Unlimited))?;
    let metered = setup::spec("fib", ARGS, limits(Fuel::Limited(1 << 50)))?;
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        let start = Instant::now();
        raw().await?;
        times[0].push(start.elapsed().as_secs_f64() * 1e3);
        for (spec, times) in [&unmetered, &metered].into_iter().zip(&mut times[1..]) {
            let start = Instant::now();
            let outcome = sandbox.run(plugin, setup::attempt(spec)).await;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            setup::expect(&outcome, VerdictKind::Succeeded)?;
            let right = Verdict::Succeeded { output: Some("9227465".to_owned()) };
            ensure!(outcome.verdict == right, "fib(35) came to {:?}", outcome.verdict);
        }
        // In the first round code is compiled for the engine without fuel.
        if round == 0 {
            times.iter_mut().for_each(Vec::clear);
        }
    }
    let [raw, unmetered, metered] = times.map(median);
    Ok(Ratios { raw, unmetered: unmetered / raw, metered: metered / raw })
}

impl Ratios {
    fn print(&self, names: [&'static str; 3], goals: [Option<f64>; 2], what: &str) -> Result<()> {
        let values = [
            (self.raw, "ms", None, "in plain wasmtime, without fuel or epochs"),
            (
                self.unmetered,
                "ratio",
                goals[0],
                "as an attempt with `fuel = \"unlimited\"`, over plain wasmtime, in turn",
            ),
            (
                self.metered,
                "ratio",
                goals[1],
                "as an attempt with a fuel limit, over plain wasmtime, in turn",
            ),
        ];
        for (name, (value, unit, goal, how)) in names.into_iter().zip(values) {
            let about = format!("{what}, {how}; p50 of {ROUNDS}");
            let (value, better) = (rounded(value), Better::Lower);
            Figure { name, value, unit, goal, better, about: &about }.print()?;
        }
        Ok(())
    }
}
