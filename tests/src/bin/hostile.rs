//! Measures every attack alone, and prints one JSON object a line, the first one
//! without any attack. `cargo xtask security` builds and runs this.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use e2e::hostile::{Report, attacks, lay};
use serde_json::{Value, json};

/// Measures every attack alone.
#[derive(Parser)]
struct Cli {
    /// Only the attacks with this in their name.
    name: Option<String>,
    /// How long each lasts, in milliseconds.
    #[arg(long, default_value_t = 2_000)]
    length: u64,
}

fn main() -> ExitCode {
    let Cli { name, length } = Cli::parse();
    let length = Duration::from_millis(length);
    let mut sound = true;
    let mut tell = |report: &Report, mut row: Value| {
        row["peak_mib"] = json!(report.peak.div_ceil(1 << 20));
        row["p99_ms"] = json!(millis(report.p99));
        row["broken"] = json!(report.broken);
        sound &= report.broken.is_empty();
        println!("{row}");
    };
    tell(&lay(&[], length), json!({ "name": null }));
    for (subject, attacks) in attacks::ALL {
        for attack in attacks() {
            if name.as_ref().is_some_and(|name| !attack.name.contains(name.as_str())) {
                continue;
            }
            let report = lay(std::slice::from_ref(&attack), length);
            let measured = &report.attacks[0];
            let row = json!({
                "subject": subject,
                "name": measured.name,
                "about": attack.about,
                "outcome": measured.outcome,
                "contained_ms": millis(measured.contained_after),
            });
            tell(&report, row);
        }
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Milliseconds, with as many digits as any of this is worth.
fn millis(length: Duration) -> f64 {
    let millis = length.as_secs_f64() * 1e3;
    if millis < 10.0 { (millis * 100.0).round() / 100.0 } else { millis.round() }
}
