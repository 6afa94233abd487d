//! Too much memory.

use horarium_sdk::prelude::*;

const MEBIBYTE: usize = 1 << 20;

/// Takes memory until there is none, and is stopped by it.
#[task]
fn grow() {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(vec![0xAA; MEBIBYTE]);
    }
}

/// Takes memory until there is none, and goes on with what it has.
///
/// Returns how many MiB that are.
#[task]
fn grow_politely() -> usize {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        let mut more = Vec::new();
        if more.try_reserve_exact(MEBIBYTE).is_err() {
            // The output needs some memory as well.
            all.pop();
            return all.len() + 1;
        }
        more.resize(MEBIBYTE, 0xAA);
        all.push(more);
    }
}
