//! A configuration from an operator, or from whatever writes it for him.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::configuration(data));
