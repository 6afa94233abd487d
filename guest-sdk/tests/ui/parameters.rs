use horarium_sdk::prelude::*;

#[task]
fn context_second(depth: u8, context: &Context) {
    let _ = (depth, context);
}

#[task]
fn two_contexts(first: Context, second: Context) {
    let _ = (first, second);
}

#[task]
fn two_arguments(depth: u8, width: u8) {
    let _ = (depth, width);
}

#[task]
fn borrowed(name: &str) {
    let _ = name;
}

#[task]
fn mutable(context: &mut Context) {
    let _ = context;
}

#[task]
fn opaque(depth: impl Into<u64>) {
    let _ = depth;
}

fn main() {}
