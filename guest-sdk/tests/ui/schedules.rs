use horarium_sdk::prelude::*;

#[task(once, every = "30s")]
fn two_schedules() {}

#[task(every = "30s", timezone = "UTC")]
fn refines_another_schedule() {}

#[task(pause = "30s")]
fn refines_nothing() {}

#[task(every = "30s", offset = "30s")]
fn offset_of_a_whole_interval() {}

fn main() {}
