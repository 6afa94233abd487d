//! A cron expression, and the instants that follow from it.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::cron(data));
