use horarium_sdk::prelude::*;

#[task(timeout = "5s", once, timeout = "6s")]
fn repeated() {}

fn main() {}
