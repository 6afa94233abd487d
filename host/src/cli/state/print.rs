//! Printing a value that is kept.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result, bail};
use horarium_core::text::escape;

use crate::{
    keeping::{Encoding, bytes_of},
    output,
};

/// Prints a value byte by byte; on a terminal, fit for one.
///
/// # Errors
/// Where a terminal can't show it, or nobody reads it.
pub(in crate::cli) fn value(value: String, encoding: Encoding, bytes: u64) -> Result<()> {
    if io::stdout().is_terminal() {
        match encoding {
            Encoding::Text => value.split('\n').for_each(|line| output::line(&escape(line))),
            Encoding::Base64 => bail!(
                "it is no text but {bytes} bytes; take --json, or write it to a file with `>`"
            ),
        }
        return Ok(());
    }
    let value = bytes_of(value, encoding).context("the value is no base64")?;
    match io::stdout().write_all(&value).and_then(|()| io::stdout().flush()) {
        Err(reason) if reason.kind() != io::ErrorKind::BrokenPipe => {
            Err(reason).context("can't write to standard output")
        }
        _ => Ok(()),
    }
}
