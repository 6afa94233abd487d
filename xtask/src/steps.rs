//! Programs whose output is the user's to read.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

/// Runs cargo in the workspace.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Result<()> {
    succeed(command(root).args(arguments))
}

/// A cargo command in the workspace, the same cargo that runs this program.
pub(crate) fn command(root: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root);
    command
}

/// Runs a command to its end, which must be a success.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot run {program}"))?;
    if !status.success() {
        let arguments: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        bail!("`{program} {}` failed with {status}", arguments.join(" "));
    }
    Ok(())
}
