//! `horarium`: cron for code you don't trust.

mod cli;
mod config;
mod output;
mod plugins;
mod serve;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
