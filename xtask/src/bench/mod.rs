//! `cargo xtask bench`: the figures, as a table or as JSON lines, and in
//! `BENCHMARKS.md` on request.

mod others;
mod plot;

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{guests, steps};

/// The picture that `BENCHMARKS.md` shows.
const GROWTH: &str = "docs/growth.svg";

/// How a run of the benchmarks was asked for.
pub(crate) struct Options {
    /// Only the group of this name.
    pub(crate) group: Option<String>,
    /// Print JSON lines instead of a table.
    pub(crate) json: bool,
    /// Write the figures to `BENCHMARKS.md`.
    pub(crate) record: bool,
}

/// Builds what is measured, with our own crates optimised as in a release, and
/// measures.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    guests::run(root, &["noop".to_owned(), "measured".to_owned()])?;
    steps::succeed(optimised(root).args(["build", "--package", "horarium", "--package", "bench"]))?;
    let mut measure = Command::new(root.join("target/debug/bench"));
    measure.current_dir(root).args(&options.group).stdout(Stdio::piped());
    if let Some(binary) = others::build(root, options.group.as_deref()) {
        measure.env(others::BINARY, binary);
    }
    let mut child = measure.spawn().context("cannot run the benchmarks")?;
    let output = child.stdout.take().context("the benchmarks have no output")?;
    let mut figures = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        let figure: Value =
            serde_json::from_str(&line).with_context(|| format!("not a figure: {line}"))?;
        if options.json {
            println!("{line}");
        } else {
            println!("{}", row(&figure));
        }
        figures.push(figure);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("the benchmarks failed with {status}");
    }
    if options.record {
        record(root, &figures)?;
    }
    Ok(())
}

/// The dependencies are those of every other build; only our own crates are
/// compiled again, without debug assertions.
pub(crate) fn optimised(root: &Path) -> Command {
    let mut cargo = steps::command(root);
    cargo
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "3")
        .env("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false")
        .env("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false");
    cargo
}

fn row(figure: &Value) -> String {
    let text = |key: &str| match &figure[key] {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        other => other.to_string(),
    };
    format!(
        "{:40} {:>12} {:10} goal {:>8}, {} is better",
        text("name"),
        text("value"),
        text("unit"),
        text("goal"),
        text("better")
    )
}

fn record(root: &Path, figures: &[Value]) -> Result<()> {
    let mut page = String::from(
        "# Benchmarks\n\nPrinted and written by `cargo xtask bench --record`, all in one run on one \
         machine. The dependencies are compiled with `opt-level = 3`, our own crates as well, \
         without link-time optimisation.\n\n",
    );
    writeln!(page, "Machine: {}\n", machine())?;
    page.push_str(
        "| figure | value | unit | goal | better | what it is |\n|---|---:|---|---:|---|---|\n",
    );
    for figure in figures {
        let cell = |key: &str| match &figure[key] {
            Value::String(text) => text.clone(),
            Value::Null => "–".to_owned(),
            other => other.to_string(),
        };
        writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} |",
            cell("name"),
            cell("value"),
            cell("unit"),
            cell("goal"),
            cell("better"),
            cell("about")
        )?;
    }
    if plot::growth(&root.join(GROWTH), figures)? {
        writeln!(page, "\n![What a thousand times as many tasks cost]({GROWTH})")?;
    }
    let path = root.join("BENCHMARKS.md");
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}

/// What the figures were measured on.
pub(crate) fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok())
        .unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // What comes behind the version is whoever built it.
    let kernel = kernel.trim().split('-').next().unwrap_or_default();
    format!("{cpus} × {model}, {} GiB, Linux {kernel}", memory >> 20)
}
