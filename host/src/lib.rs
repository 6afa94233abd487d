//! `horarium`: cron for code you don't trust. The program as a library, for its
//! `main` and for those who look for faults in what it reads.

mod access;
mod api;
mod cli;
mod client;
mod config;
mod describe;
mod file_limit;
pub mod fuzzing;
mod granted;
mod keeping;
mod listen;
mod notify;
mod outgoing;
mod output;
mod plugins;
mod roster;
mod serve;
mod soundness;
mod sse;
mod stamp;
mod standing;
mod telemetry;
mod ui;
mod versions;
mod written;

use std::process::ExitCode;

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    cli::main()
}
