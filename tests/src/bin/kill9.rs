//! Kills a host again and again, and checks what is left. See `e2e::kill9`.

use std::{
    process::ExitCode,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use e2e::kill9::Trial;

/// Kills a host again and again, and checks that it kept its promises.
#[derive(Parser)]
struct Cli {
    /// How often.
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// Decides when; the same seed kills at the same moments.
    #[arg(long, env = "KILL9_SEED")]
    seed: Option<u64>,
}

fn main() -> anyhow::Result<ExitCode> {
    let Cli { kills, seed } = Cli::parse();
    let seed = seed.unwrap_or_else(fresh_seed);
    println!("seed {seed}");
    let start = Instant::now();
    let report = Trial { kills, seed }.run(|kill, events| {
        if kill.is_multiple_of(10) {
            println!("{kill:>5} kills, {events} events told, {} s", start.elapsed().as_secs());
        }
    })?;
    for broken in &report.broken {
        println!("✘ {broken}");
    }
    println!("{report}");
    Ok(if report.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos())
}
