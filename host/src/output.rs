//! Printing for people and for programs.

use std::{
    io::{self, Write},
    sync::OnceLock,
    time::Duration,
};

use bytesize::ByteSize;
use horarium_core::{
    limits::show_duration,
    run::{RunId, RunState, Trigger},
    store::WaitsFor,
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

/// Prints one JSON document on one line.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) {
    match serde_json::to_string(value) {
        Ok(text) => line(&text),
        Err(reason) => failed(&reason.into()),
    }
}

/// Prints a line. A reader that has gone away is no error: `horarium runs | head`.
pub(crate) fn line(text: &str) {
    if let Err(reason) = writeln!(io::stdout(), "{text}")
        && reason.kind() != io::ErrorKind::BrokenPipe
    {
        failed(&reason);
    }
}

/// Set once something could not be printed: it is told once, however many lines there were.
static FAILED: OnceLock<()> = OnceLock::new();

fn failed(reason: &io::Error) {
    if FAILED.set(()).is_ok() {
        let text = format!("error: can't write to standard output: {reason}");
        error_line(&without_numbers(&text));
    }
}

/// Whether all that was printed could be written, or had no reader any more. Whoever keeps
/// what a verb prints has to hear of a part that is missing.
pub(crate) fn is_whole() -> bool {
    FAILED.get().is_none()
}

/// Prints a line on standard error. That nobody can read it is no reason to stop.
pub(crate) fn error_line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints a text that has its own line ends on standard error.
pub(crate) fn error_text(text: &str) {
    let _ = write!(io::stderr(), "{text}");
}

/// An instant in the machine's own timezone, to the second.
pub(crate) fn local(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The time of day in the machine's own timezone.
pub(crate) fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// A length of time with as many digits as people read.
pub(crate) fn length(length: Duration) -> String {
    let rounded = match length.as_micros() {
        0..1_000 => return format!("{}µs", length.as_micros()),
        1_000..10_000_000 => Duration::from_millis(as_u64(length.as_millis())),
        _ => Duration::from_secs(length.as_secs()),
    };
    show_duration(rounded)
}

fn as_u64(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// A number of bytes with a unit.
pub(crate) fn bytes(bytes: u64) -> String {
    ByteSize::b(bytes).display().iec().to_string()
}

/// A large number, shortened.
pub(crate) fn count(value: u64) -> String {
    const STEPS: [(u64, &str); 3] = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    for (step, unit) in STEPS {
        if value >= step {
            let tenths = value / (step / 10);
            return format!("{}.{}{unit}", tenths / 10, tenths % 10);
        }
    }
    value.to_string()
}

/// A number of things: `1 plugin`, `2 plugins`.
pub(crate) fn plural(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// A state with its sign, so that it is never told by colour alone.
pub(crate) fn state(state: RunState) -> String {
    let sign = match state {
        RunState::Scheduled => "·",
        RunState::Running => "▶",
        RunState::RetryWait => "↻",
        RunState::Ended(_) => match state.as_str() {
            "succeeded" => "✔",
            "skipped" => "–",
            _ => "✘",
        },
    };
    format!("{sign} {state}")
}

/// A text without the numbers that the system has for its failures, which say nothing to
/// people: ` (os error 2)`.
pub(crate) fn without_numbers(text: &str) -> String {
    const BEGIN: &str = " (os error ";
    let mut parts = text.split(BEGIN);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        match rest.strip_prefix(')').filter(|_| rest.len() < part.len()) {
            Some(rest) => out.push_str(rest),
            None => out.extend([BEGIN, part]),
        }
    }
    out
}

/// What a run waits for.
pub(crate) const fn waits(waits: WaitsFor) -> &'static str {
    match waits {
        WaitsFor::EarlierRun => "waits for an earlier run of its task",
        WaitsFor::Time => "waits for its time",
        WaitsFor::Slot => "waits for a slot",
        WaitsFor::Host => "waits: the host is paused",
        WaitsFor::Task => "waits: its task is paused",
        WaitsFor::Configuration => "waits: its task is not in the configuration any more",
    }
}

/// Why there is a run, and for which instant.
pub(crate) fn why(trigger: Trigger, parent: Option<RunId>, scheduled_for: Timestamp) -> String {
    let why = match trigger {
        Trigger::Start => match parent {
            Some(parent) => &format!("started by run {parent}, due at"),
            None => "started by another run, due at",
        },
        Trigger::After => match parent {
            Some(parent) => &format!("follows run {parent}, due at"),
            None => "follows other runs, due at",
        },
        Trigger::Schedule => "due by its schedule at",
        Trigger::Continuous => "follows the one before it, due at",
        Trigger::Once | Trigger::At => "the task's only run, due at",
        Trigger::Manual => "asked for, due at",
        Trigger::Backfill => "made up for what was due at",
    };
    format!("{why} {}", local(scheduled_for))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_has_no_numbers() {
        let failure = io::Error::from_raw_os_error(111);
        let told = without_numbers(&format!("a: {failure}; b: {failure}"));
        assert_eq!(told, "a: Connection refused; b: Connection refused");
        for text in ["", "odd (os error )", "odd (os error 1", "odd (os error x)"] {
            assert_eq!(without_numbers(text), text);
        }
    }

    #[test]
    fn a_run_says_why_it_is_there() {
        let at = Timestamp::UNIX_EPOCH;
        let told = Trigger::ALL.map(|trigger| why(trigger, Some(RunId(7)), at));
        assert!(told[0].starts_with("due by its schedule at 19"), "{}", told[0]);
        assert!(told.iter().all(|told| told.ends_with(&local(at))), "{told:?}");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1.2M");
        assert_eq!(length(Duration::from_micros(250)), "250µs");
        assert_eq!(length(Duration::from_millis(1_500)), "1s 500ms");
        assert_eq!(bytes(65_536), "64.0 KiB");
    }
}
