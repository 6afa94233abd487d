use horarium_sdk::prelude::*;

struct Report;

#[task]
fn not_serializable() -> Report {
    Report
}

fn main() {}
