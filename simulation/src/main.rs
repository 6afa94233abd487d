//! `cargo run -p simulation`: as many seeds as there is time for.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use simulation::{Mutant, simulate};

/// Simulates hosts in trouble, seed by seed, until a promise is broken.
#[derive(Parser)]
struct Cli {
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many seeds; without, until Ctrl-C.
    #[arg(long)]
    seeds: Option<u64>,
    /// A fault that is put back: `cursor-apart`, `any-lease`, `forgetful`,
    /// `unsettled`, `late` or `any-saver`.
    #[arg(long, value_parser = mutant)]
    mutant: Option<Mutant>,
}

fn mutant(word: &str) -> Result<Mutant, String> {
    match word {
        "cursor-apart" => Ok(Mutant::CursorApart),
        "any-lease" => Ok(Mutant::AnyLease),
        "forgetful" => Ok(Mutant::Forgetful),
        "unsettled" => Ok(Mutant::Unsettled),
        "late" => Ok(Mutant::Late),
        "any-saver" => Ok(Mutant::AnySaver),
        _ => {
            Err("one of cursor-apart, any-lease, forgetful, unsettled, late, any-saver".to_owned())
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let end = cli.seeds.map_or(u64::MAX, |seeds| cli.from.saturating_add(seeds));
    let (mut steps, mut runs, mut told) = (0, 0, Instant::now());
    for seed in cli.from..end {
        match simulate(seed, cli.mutant.unwrap_or_default()) {
            Ok(summary) => {
                steps += summary.steps;
                runs += summary.runs;
            }
            Err(broken) => {
                println!("{broken}");
                return ExitCode::FAILURE;
            }
        }
        if told.elapsed() > Duration::from_secs(5) {
            println!("up to seed {seed}: {steps} transactions, {runs} runs, every promise kept");
            told = Instant::now();
        }
    }
    println!("{} seeds: {steps} transactions, {runs} runs, every promise kept", end - cli.from);
    ExitCode::SUCCESS
}
