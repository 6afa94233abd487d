//! `horarium man`

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

use crate::output;

#[derive(Args)]
pub(super) struct Man {
    /// Write them all into this folder, `horarium.1` and a page for each verb, instead of
    /// printing the first one.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run<C: CommandFactory>(self) -> Result<ExitCode> {
        match self.out {
            Some(folder) => {
                let write = || {
                    fs::create_dir_all(&folder)?;
                    clap_mangen::generate_to(C::command(), &folder)
                };
                write().with_context(|| format!("can't write to {}", folder.display()))?;
            }
            None => {
                let mut page = Vec::new();
                Page::new(C::command().disable_help_subcommand(true)).render(&mut page)?;
                output::line(String::from_utf8_lossy(&page).trim_end());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
