//! `horarium man`

use std::{fs, io, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_mangen::Man as Page;

use super::command_line;
use crate::output;

/// What stands at the foot of each page.
const SOURCE: &str = concat!("horarium ", env!("CARGO_PKG_VERSION"));

#[derive(Args)]
pub(super) struct Man {
    /// Write them all into this folder, `horarium.1` and a page for each verb, instead of
    /// printing the first one.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self) -> Result<ExitCode> {
        let mut command = command_line::command().disable_help_subcommand(true);
        command.build();
        match self.out {
            Some(folder) => {
                let write = || {
                    fs::create_dir_all(&folder)?;
                    pages(&command).iter().try_for_each(|page| page.generate_to(&folder).map(drop))
                };
                write().with_context(|| format!("can't write to {}", folder.display()))?;
            }
            None => output::line(text(&page(&command))?.trim_end()),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The page of a command, and those of its verbs.
fn pages(command: &Command) -> Vec<Page> {
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let mut all: Vec<_> = verbs.flat_map(pages).collect();
    all.push(page(command));
    all
}

fn page(command: &Command) -> Page {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let command = command.clone().override_usage(usage);
    Page::new(command).source(SOURCE).manual("Horarium")
}

fn text(page: &Page) -> io::Result<String> {
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_says_how_its_verb_is_written_and_whose_it_is() {
        let mut command = command_line::command().disable_help_subcommand(true);
        command.build();
        let pages: Vec<_> = pages(&command).iter().map(|page| text(page).unwrap()).collect();
        for (name, usage) in [
            ("horarium", "[OPTIONS] <COMMAND>"),
            ("horarium-cancel", "[OPTIONS] <RUN>"),
            ("horarium-db-backup", "[OPTIONS] <FILE>"),
        ] {
            let title = format!(".TH {name} 1");
            let page = pages.iter().find(|page| page.contains(&title));
            let page = page.unwrap_or_else(|| panic!("no {title} in {pages:#?}"));
            assert!(page.contains(usage), "{page}");
            assert!(page.contains(&format!("\"{SOURCE}\" Horarium")), "{page}");
        }
    }
}
