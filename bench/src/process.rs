//! What the operating system says about this process.

use std::fs;

use anyhow::{Context, Result};

/// Resident memory, in bytes.
pub(crate) fn resident() -> Result<f64> {
    Ok(status("VmRSS")? * 1024.0)
}

/// Resident memory of another process, in bytes.
pub(crate) fn resident_of(process: u32) -> Result<f64> {
    Ok(status_of(&process.to_string(), "VmRSS")? * 1024.0)
}

/// Threads.
pub(crate) fn threads() -> Result<f64> {
    status("Threads")
}

/// Open file descriptors; the one that lists them is one of them.
#[expect(clippy::cast_precision_loss, reason = "fewer than a million")]
pub(crate) fn descriptors() -> Result<f64> {
    Ok(fs::read_dir("/proc/self/fd")?.count() as f64)
}

/// Processor time that all threads have used, in seconds.
#[expect(clippy::cast_precision_loss, reason = "a hundredth of a second, and not for years")]
pub(crate) fn cpu() -> Result<f64> {
    /// What the kernel counts in, for every program on Linux.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The program's name, in parentheses, may hold anything; user and system time are the
    // twelfth and the thirteenth field behind it.
    let (_, fields) = stat.rsplit_once(')').context("the kernel tells nothing")?;
    let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = times.sum::<Result<u64, _>>()?;
    Ok(ticks as f64 / TICKS)
}

fn status(key: &str) -> Result<f64> {
    status_of("self", key)
}

fn status_of(process: &str, key: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let value = line.and_then(|line| line.split_whitespace().next());
    Ok(value.with_context(|| format!("the kernel does not tell {key}"))?.parse()?)
}
