use horarium_sdk::prelude::*;

struct Pump;

impl Pump {
    #[task]
    fn pump(&self) {}
}

fn main() {}
