//! `kill -9`, at any moment. The long form is `cargo run -p e2e --bin kill9`.

use std::env;

use e2e::kill9::Trial;

#[test]
fn a_host_that_is_killed_keeps_its_promises() {
    let seed = env::var("KILL9_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(9);
    println!("seed {seed}");
    let report = Trial { kills: 15, seed }.run(|_, _| {}).unwrap();
    println!("{report}");
    assert!(report.broken.is_empty(), "{}\n{report}", report.broken.join("\n"));
}
