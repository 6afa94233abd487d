//! Memory, in other ways than taking a lot of it at once.

use std::{hint, mem};

use horarium_sdk::prelude::*;

/// Asks for memory for ever, and takes no for an answer each time.
#[task]
fn grow_in_vain() {
    loop {
        let mut more: Vec<u8> = Vec::new();
        let refused = more.try_reserve_exact(1 << 30).is_err();
        hint::black_box(refused);
        mem::forget(more);
    }
}

/// Takes memory a few bytes at a time, and never gives any back.
#[task]
fn grow_slowly() {
    loop {
        mem::forget(hint::black_box(Box::new([0xAA_u8; 48])));
    }
}
