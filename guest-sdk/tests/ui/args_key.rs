use horarium_sdk::prelude::*;

#[args(allow_unknown_field)]
struct Depth {
    depth: u8,
}

fn main() {}
