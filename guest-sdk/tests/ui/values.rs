use horarium_sdk::prelude::*;

#[task(every = 30)]
fn number_for_text() {}

#[task(every)]
fn no_value() {}

#[task(once = true)]
fn value_for_a_flag() {}

#[task(max_attempts = "3", fuel = "lots")]
fn text_for_number() {}

#[task(fuel = -1)]
fn negative() {}

#[task(max_attempts = 0)]
fn no_attempts() {}

#[task(max_attempts = 5_000_000_000)]
fn too_many_attempts() {}

#[task("30s")]
fn no_key() {}

fn main() {}
