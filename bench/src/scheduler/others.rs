//! The same machine under other schedulers. They are a workspace of their own, `bench/others`,
//! which `cargo xtask bench` builds where it can.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{engine, figure::Figure, runtime::block_on};

/// Where `cargo xtask bench` says that the others are; unset where they can't be built.
const BINARY: &str = "HORARIUM_BENCH_OTHERS";

/// What another one did.
#[derive(Deserialize)]
struct Other {
    name: String,
    per_second: f64,
    about: String,
}

pub(super) fn run() -> Result<()> {
    let Some(binary) = std::env::var_os(BINARY) else {
        eprintln!("no figures of other schedulers: bench/others was not built");
        return Ok(());
    };
    block_on(async move {
        let before = engine::durable_per_second().await?;
        let others = tokio::task::block_in_place(|| others(Command::new(binary)))?;
        // Before and after, since a machine's pace drifts.
        let after = engine::durable_per_second().await?;
        print(&others, f64::midpoint(before, after))
    })
}

fn others(mut binary: Command) -> Result<Vec<Other>> {
    let output = binary.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.context("cannot run the other schedulers")?;
    ensure!(output.status.success(), "the other schedulers failed with {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn print(others: &[Other], durable: f64) -> Result<()> {
    for Other { name, per_second, about } in others {
        let name = format!("others.{name}_per_s");
        Figure::higher(&name, (*per_second, "runs/s"), None, about).print()?;
    }
    let apalis = others.iter().find(|other| other.name == "apalis_sqlite");
    let apalis = apalis.context("nothing was measured of apalis")?;
    Figure::higher(
        "engine.over_apalis_sqlite",
        (durable / apalis.per_second, "ratio"),
        Some(50.0),
        "durable runs a second as for `engine.durable_per_s`, of a sandboxed guest, measured before and after, over `others.apalis_sqlite_per_s`, native jobs: same machine, same run, both synced before a job is called done, both counted again in the database",
    )
    .print()
}
