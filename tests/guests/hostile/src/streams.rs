//! Streams used against their grain.

use std::mem;

use horarium_sdk::prelude::*;
use wasip2::{
    cli::{stderr, stdin, stdout},
    io::streams::StreamError,
};

/// How many bytes.
#[args]
struct Length {
    bytes: u64,
}

/// Has the host write zeroes, more than it said it would take.
#[task]
fn write_zeroes(Length { bytes }: Length) -> Result<()> {
    stdout::get_stdout().write_zeroes(bytes)?;
    Ok(())
}

/// Has the host write as many zeroes as it takes, for ever.
#[task]
fn zeroes_for_ever() {
    let stdout = stdout::get_stdout();
    while let Ok(bytes) = stdout.check_write() {
        let _ = stdout.write_zeroes(bytes);
    }
}

/// Reads what is not there.
#[task]
fn read_stdin() {
    let stdin = stdin::get_stdin();
    loop {
        match stdin.blocking_read(u64::MAX) {
            Ok(bytes) => assert!(bytes.is_empty(), "the host let through: its standard input"),
            Err(StreamError::Closed) => return,
            Err(StreamError::LastOperationFailed(error)) => panic!("{}", error.to_debug_string()),
        }
    }
}

/// Has the host copy from one stream to another, for ever.
#[task]
fn splice() {
    let (stdin, stdout) = (stdin::get_stdin(), stdout::get_stdout());
    loop {
        let _ = stdout.splice(&stdin, u64::MAX);
        let _ = stdout.blocking_splice(&stdin, u64::MAX);
    }
}

/// Takes handles on its streams, and never gives one back.
#[task]
fn leak_streams() {
    loop {
        mem::forget(stdin::get_stdin());
        mem::forget(stdout::get_stdout());
        mem::forget(stderr::get_stderr());
    }
}
