//! Lines for whoever waits at the terminal.

use std::fmt::Display;

/// Says what is being done to get a toolchain.
pub(super) fn toolchain(message: impl Display) {
    eprintln!("guest toolchain: {message}");
}

/// Says what happens to the guests themselves.
pub(super) fn guests(message: impl Display) {
    eprintln!("guests: {message}");
}
