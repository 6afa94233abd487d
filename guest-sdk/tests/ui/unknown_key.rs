use horarium_sdk::prelude::*;

#[task(evry = "30s", tmeout = "5s", colour = "red")]
fn misspelled() {}

fn main() {}
