use horarium_sdk::prelude::*;

#[task(every = "30 seconds")]
fn duration() {}

#[task(timeout = "1d")]
fn days() {}

#[task(every = "0s")]
fn no_time() {}

#[task(memory = "64mib")]
fn memory() {}

#[task(cron = "0 5 * *")]
fn four_fields() {}

#[task(cron = "@nightly")]
fn nickname() {}

#[task(cron = "@daily", timezone = "Central European")]
fn timezone() {}

#[task(at = "2026-02-30T03:00:00Z")]
fn instant() {}

#[task(name = "a b")]
fn name() {}

#[task]
fn größe() {}

fn main() {}
