//! Measures, and prints one JSON object a line. `cargo xtask bench` builds and
//! runs this.

mod cli;
mod engine;
mod figure;
mod floor;
mod sandbox;

use anyhow::{Result, bail};

/// Measures and prints the figures of one group.
type Group = fn() -> Result<()>;

const GROUPS: [(&str, Group); 3] =
    [("cli", cli::run), ("sandbox", sandbox::run), ("engine", engine::run)];

fn main() -> Result<()> {
    let wanted = std::env::args().nth(1);
    let mut found = false;
    for (name, run) in GROUPS {
        if wanted.as_deref().is_none_or(|wanted| wanted == name) {
            found = true;
            run()?;
        }
    }
    if !found {
        let names: Vec<_> = GROUPS.iter().map(|(name, _)| *name).collect();
        bail!("no such group; there are {}", names.join(", "));
    }
    Ok(())
}
