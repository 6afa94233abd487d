//! Measures, and prints one JSON object a line. `cargo xtask bench` builds and
//! runs this.

mod api;
mod cli;
mod effects;
mod engine;
mod figure;
mod floor;
mod history;
mod process;
mod runtime;
mod sandbox;
mod scheduler;
mod setup;
mod stolen;

use anyhow::{Result, bail};

use self::stolen::Stolen;

/// Measures and prints the figures of one group.
type Group = fn() -> Result<()>;

const GROUPS: [(&str, Group); 6] = [
    ("api", api::run),
    ("cli", cli::run),
    ("effects", effects::run),
    ("engine", engine::run),
    ("sandbox", sandbox::run),
    ("scheduler", scheduler::run),
];

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let wanted = args.next();
    if wanted.as_deref() == Some(scheduler::INSIDE) {
        return scheduler::inside(args);
    }
    let mut found = false;
    for (name, run) in GROUPS {
        if wanted.as_deref().is_none_or(|wanted| wanted == name) {
            found = true;
            let stolen = Stolen::begin()?;
            run()?;
            stolen.print(name)?;
        }
    }
    if !found {
        let names: Vec<_> = GROUPS.iter().map(|(name, _)| *name).collect();
        bail!("no such group; there are {}", names.join(", "));
    }
    Ok(())
}
