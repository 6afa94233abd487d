use horarium_sdk::prelude::*;

struct Broken;

#[task]
fn not_an_error() -> Result<(), Broken> {
    Err(Broken)
}

fn main() {}
