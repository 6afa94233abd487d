//! How punctual the scheduler is, what its tasks cost, and how it bears a long history.

mod growth;
mod lateness;
mod others;
mod population;
mod reload;
mod runs;
mod start;

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::stolen::Stolen;

/// What this program is called with to measure one subject, in a process of its own.
pub(crate) const INSIDE: &str = "inside";

/// One after the other, each in a process of its own, so that none inherits another
/// one's memory or threads.
const SUBJECTS: [&str; 6] = ["start", "growth", "lateness", "runs", "reload", "others"];

pub(crate) fn run() -> Result<()> {
    for subject in SUBJECTS {
        let stolen = Stolen::begin()?;
        let status = ourselves(&[subject])?.status().context("cannot run the benchmarks")?;
        ensure!(status.success(), "the benchmarks of {subject} failed with {status}");
        stolen.print(&format!("scheduler.{subject}"))?;
    }
    Ok(())
}

/// Measures a subject in this process.
pub(crate) fn inside(mut args: impl Iterator<Item = String>) -> Result<()> {
    match args.next().as_deref() {
        Some("start") => start::run(),
        Some("growth") => growth::run(),
        Some("population") => {
            let tasks = args.next().context("of how many tasks?")?;
            population::run(tasks.parse()?)
        }
        Some("lateness") => lateness::run(),
        Some("runs") => runs::run(),
        Some("reload") => reload::run(),
        Some("others") => others::run(),
        other => bail!("there is no subject {other:?}"),
    }
}

/// This very program, to measure one subject.
fn ourselves(args: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(INSIDE).args(args).stdin(Stdio::null());
    Ok(command)
}
