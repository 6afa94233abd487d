//! The `log` crate's macros, sent to the host.

use log::{Level, LevelFilter, Log, Metadata, Record};

use super::bindings::horarium::task::log as host;

/// Sends all levels: what is kept is the host's decision.
pub(super) fn install() {
    static LOGGER: HostLogger = HostLogger;
    // A plugin that has installed a logger of its own in a constructor meant it.
    if log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(LevelFilter::Trace);
    }
}

struct HostLogger;

impl Log for HostLogger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        host::emit(&host::Entry {
            level: level(record.level()),
            target: record.target().to_owned(),
            message: record.args().to_string(),
            place: place(record),
        });
    }

    /// Every entry is with the host already.
    fn flush(&self) {}
}

fn level(level: Level) -> host::Level {
    match level {
        Level::Trace => host::Level::Trace,
        Level::Debug => host::Level::Debug,
        Level::Info => host::Level::Info,
        Level::Warn => host::Level::Warn,
        Level::Error => host::Level::Error,
    }
}

fn place(record: &Record<'_>) -> Option<host::Place> {
    Some(host::Place { file: record.file()?.to_owned(), line: record.line()? })
}
