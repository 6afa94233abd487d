//! A schema from a plugin, and arguments from an operator.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::arguments(data));
