//! `horarium`: cron for code you don't trust.

use std::process::ExitCode;

fn main() -> ExitCode {
    horarium::main()
}
