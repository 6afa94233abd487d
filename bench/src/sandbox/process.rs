//! What the operating system says about this process.

use std::fs;

use anyhow::{Context, Result};

/// Resident memory, in bytes.
pub(super) fn resident() -> Result<f64> {
    Ok(status("VmRSS")? * 1024.0)
}

/// Threads.
pub(super) fn threads() -> Result<f64> {
    status("Threads")
}

/// Open file descriptors; the one that lists them is one of them.
#[expect(clippy::cast_precision_loss, reason = "fewer than a million")]
pub(super) fn descriptors() -> Result<f64> {
    Ok(fs::read_dir("/proc/self/fd")?.count() as f64)
}

fn status(key: &str) -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let value = line.and_then(|line| line.split_whitespace().next());
    Ok(value.with_context(|| format!("the kernel does not tell {key}"))?.parse()?)
}
