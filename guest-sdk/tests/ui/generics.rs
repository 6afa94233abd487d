use horarium_sdk::prelude::*;

#[task]
fn generic<T>() {}

#[task]
fn constant<'a, const N: usize>(context: &'a Context) {
    let _ = context;
}

fn main() {}
