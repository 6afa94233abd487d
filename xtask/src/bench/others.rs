//! The schedulers that ours is compared with: a workspace of their own, which nothing else
//! is built with.

use std::path::{Path, PathBuf};

use crate::steps;

/// The group whose figures they are part of.
const GROUP: &str = "scheduler";

/// Where the benchmarks look for them.
pub(super) const BINARY: &str = "HORARIUM_BENCH_OTHERS";

/// Builds them, where they are wanted; none where that is not possible, for lack of a
/// network most likely.
pub(super) fn build(root: &Path, group: Option<&str>) -> Option<PathBuf> {
    if group.is_some_and(|group| group != GROUP) {
        return None;
    }
    let target = root.join("target/others");
    let mut cargo = steps::command(root);
    cargo
        .args(["build", "--release", "--locked", "--manifest-path", "bench/others/Cargo.toml"])
        .arg("--target-dir")
        .arg(&target);
    match steps::succeed(&mut cargo) {
        Ok(()) => Some(target.join("release/others")),
        Err(reason) => {
            eprintln!("the other schedulers are left out: {reason:#}");
            None
        }
    }
}
