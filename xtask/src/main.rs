//! The project's own commands: `cargo xtask help` lists them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

mod guests;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
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
