//! Text from guests, on its way to a terminal.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::escape(data));
