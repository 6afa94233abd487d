use horarium_sdk::prelude::*;

#[task]
struct Report;

#[args]
fn arguments() {}

#[output]
union Either {
    a: u8,
    b: u8,
}

fn main() {}
