//! Asking before something is gone.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Result, bail};
use clap::Args;

/// Whether to ask.
#[derive(Args)]
pub(in crate::cli) struct Sure {
    /// Do it without asking. Nobody is asked where standard input is no terminal.
    #[arg(long, short)]
    yes: bool,
}

impl Sure {
    /// Whether somebody would be asked.
    pub(in crate::cli) fn asks(&self) -> bool {
        !self.yes && io::stdin().is_terminal()
    }

    /// Asks, where somebody is to be asked.
    ///
    /// # Errors
    /// Where they do not want it.
    pub(in crate::cli) fn ask(&self, question: &str) -> Result<()> {
        if !self.asks() {
            return Ok(());
        }
        write!(io::stderr(), "{question} [y/N] ")?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        match is_yes(&answer) {
            true => Ok(()),
            false => bail!("nothing was done"),
        }
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_yes_is_one() {
        assert!(["y\n", " Yes ", "YES"].into_iter().all(is_yes));
        assert!(!["", "\n", "n", "no", "yy", "yes please"].into_iter().any(is_yes));
    }
}
