//! What a task tells while it runs.

use horarium_sdk::prelude::*;

/// Logs once at each level.
#[task]
fn speak() {
    log::error!("an error");
    log::warn!("a warning");
    log::info!(target: "elsewhere", "some {}", "information");
    log::debug!("a detail");
    log::trace!("a trace");
}

/// Writes to standard output and standard error.
#[task]
fn print() {
    println!("to standard output");
    eprintln!("to standard error");
}

/// Reports progress that makes no sense.
#[task]
fn report_nonsense() {
    progress::fraction(f32::NAN);
    progress::report(-1.0, "below nothing");
    progress::report(2.0, "more than all");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_needs_no_host() {
        speak();
        print();
        report_nonsense();
    }
}
