//! Ends of all kinds.

use std::{hint, process};

use crate::{Exports, bindings::exports::test::exports::ends::Guest};

impl Guest for Exports {
    fn succeed() -> Result<(), ()> {
        Ok(())
    }

    fn fail() -> Result<(), ()> {
        Err(())
    }

    fn fail_with(message: String) -> Result<u8, String> {
        Err(message)
    }

    fn nothing() {}

    fn none() -> Option<u8> {
        None
    }

    fn panic() -> u8 {
        panic!("out of luck")
    }

    fn exit(code: u8) {
        process::exit(code.into())
    }

    fn spin() {
        loop {
            hint::black_box(());
        }
    }

    fn bytes(count: u32) -> Vec<u8> {
        (0..count).map(|n| n.to_le_bytes()[0]).collect()
    }

    fn text(length: u32) -> String {
        (0..length).map(|_| 'x').collect()
    }

    fn complain(words: Vec<String>) -> Result<(), Vec<String>> {
        Err(words)
    }

    fn error(length: u32) -> Result<(), Vec<String>> {
        Err((0..length).map(|_| "\u{1b}[31mno\n".to_owned()).collect())
    }
}
