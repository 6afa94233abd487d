use horarium_sdk::prelude::*;

#[task(on_failure = decide)]
fn undecided() {}

fn decide(_: &str) -> bool {
    true
}

fn main() {}
