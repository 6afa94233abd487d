//! `horarium compile-plugin`, which only `horarium` itself calls: compiles one
//! plugin in a process of its own. See `horarium_sandbox::compile_for_parent`.

use std::process::ExitCode;

use clap::Args;

/// The name of the verb.
pub(crate) const VERB: &str = "compile-plugin";

#[derive(Args)]
pub(super) struct CompilePlugin {}

impl CompilePlugin {
    /// Nobody reads what this process prints: its exit code is what it can say.
    pub(super) fn run(&self) -> ExitCode {
        match horarium_sandbox::compile_for_parent() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }
    }
}
