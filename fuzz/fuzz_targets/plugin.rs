//! A file in the plugin directory.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::plugin(data));
