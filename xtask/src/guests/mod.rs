//! Guests: the crates that compile to WebAssembly components.
//!
//! [`Toolchain::ensure`] finds or builds a compiler for `wasm32-wasip2`,
//! [`Toolchain::build`] compiles guests with it, and [`run`] is the verb
//! `cargo xtask guests`, which does both for the workspace's own guests.

use std::path::Path;

use anyhow::Result;

mod capture;
mod command;
mod compile;
mod debian;
mod environment;
mod foreign;
mod installed;
mod members;
mod plugins;
mod progress;
mod rustup;
mod toolchain;

pub(crate) use compile::Artifact;
pub(crate) use members::Guest;
pub(crate) use toolchain::Toolchain;

/// The one target that guests are compiled for.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// The profile of the workspace's `Cargo.toml` that guests are compiled with.
pub(crate) const PROFILE: &str = "guest";

/// Compiles guests and puts them below `target/plugins/`: the workspace's own, and
/// the programs of others that the tests run.
///
/// `names` picks some of them, by plugin or package name; none means all.
pub(crate) fn run(root: &Path, names: &[String]) -> Result<()> {
    let (programs, own) = foreign::select(names);
    let toolchain = Toolchain::ensure(root)?;
    if names.is_empty() || !own.is_empty() {
        let guests = members::select(members::guests(root)?, &own)?;
        let artifacts = toolchain.build(&guests, PROFILE)?;
        plugins::publish(&root.join("target/plugins"), &artifacts)?;
    }
    foreign::build(&toolchain, &programs)
}
