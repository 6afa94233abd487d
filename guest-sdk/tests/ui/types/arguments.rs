use horarium_sdk::prelude::*;

struct Depth;

#[task]
fn not_deserializable(depth: Depth) {
    let Depth = depth;
}

fn main() {}
