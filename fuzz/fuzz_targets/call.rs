//! Arguments from an operator, on their way into an exported function and out again.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::call(data));
