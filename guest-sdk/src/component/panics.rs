//! The reason of a panic, sent to the host before the guest traps.

use std::panic::{self, Location, PanicHookInfo};

use super::bindings::horarium::task::log as host;

/// Replaces the standard hook, which would write the same to standard error.
pub(super) fn report_to_host() {
    panic::set_hook(Box::new(report));
}

fn report(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("a panic without a message");
    host::panicked(message, panic.location().map(place).as_ref());
}

fn place(location: &Location<'_>) -> host::Place {
    host::Place { file: location.file().to_owned(), line: location.line() }
}
