//! The project's own commands: `cargo xtask help` lists them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

mod bench;
mod browser;
mod contract;
mod demo;
mod fuzz;
mod guests;
mod python;
mod schema;
mod security;
mod steps;
mod test;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build everything, run the examples, and show the history.
    Demo {
        /// End by itself after this long, such as `20s`; else Ctrl-C does.
        #[arg(long = "for", value_name = "DURATION")]
        length: Option<String>,
    },
    /// Run every test.
    Test {
        /// Passed on to `cargo test`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        filter: Vec<String>,
    },
    /// Do what an operator does with the page, in a real browser.
    Browser {
        /// Take the README's pictures as well.
        #[arg(long)]
        pictures: bool,
    },
    /// Ask a host for all that docs/openapi.json allows and much that it does not, and hold the
    /// answers to it.
    Contract {
        /// Where the dice begin.
        #[arg(long)]
        seed: Option<u64>,
        /// The most requests for each operation, in each phase.
        #[arg(long, value_name = "NUMBER")]
        examples: Option<u32>,
    },
    /// Throw bytes at what reads them, those first that reach new code.
    Fuzz {
        /// What to throw them at; without any, everything, one after the other.
        targets: Vec<String>,
        /// For how long each.
        #[arg(long, default_value_t = 20)]
        seconds: u32,
    },
    /// Measure.
    Bench {
        /// Only the figures of this group.
        group: Option<String>,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
        /// Write the figures to BENCHMARKS.md.
        #[arg(long, conflicts_with = "group")]
        record: bool,
    },
    /// Attack a host in every way that the hostile suite knows, one at a time.
    Security {
        /// Only the attacks with this in their name.
        name: Option<String>,
        /// Write the table to SECURITY.md.
        #[arg(long, conflicts_with = "name")]
        record: bool,
    },
    /// Write the configuration's JSON Schema to docs/ anew.
    Schema,
    /// Compile the guests to WebAssembly components below target/plugins/.
    ///
    /// Makes sure of a toolchain for them first.
    Guests {
        /// Plugin or package names; without any, every guest.
        names: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a backtrace: what fails here is other programs.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<()> {
    let root = workspace_root()?;
    match verb {
        Verb::Demo { length } => demo::run(&root, length.as_deref()),
        Verb::Test { filter } => test::run(&root, &filter),
        Verb::Browser { pictures } => browser::run(&root, pictures),
        Verb::Contract { seed, examples } => {
            contract::run(&root, &contract::Options { seed, examples })
        }
        Verb::Fuzz { targets, seconds } => fuzz::run(&root, &targets, seconds),
        Verb::Bench { group, json, record } => {
            bench::run(&root, &bench::Options { group, json, record })
        }
        Verb::Security { name, record } => {
            security::run(&root, &security::Options { name, record })
        }
        Verb::Schema => schema::run(&root),
        Verb::Guests { names } => guests::run(&root, &names),
    }
}

/// `cargo run` says where this package lies; the compiled-in folder serves a
/// binary that is started without it.
fn workspace_root() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package.parent().unwrap_or_else(|| Path::new("/"));
    root.canonicalize().with_context(|| format!("no workspace at {}", root.display()))
}
