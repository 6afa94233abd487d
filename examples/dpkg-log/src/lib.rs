//! Digests what the packages of a Debian machine went through, from the log that
//! `dpkg` or else `apt` keeps. Grant it `/var/log` as `/log`; reading is enough.

mod apt;
mod digest;
mod dpkg;
mod event;

use std::{
    fs::File,
    io::{BufRead, BufReader, ErrorKind},
    path::Path,
};

use horarium_sdk::prelude::*;

use digest::Digest;
use event::Event;

/// Where the folder with the logs is granted.
const LOGS: &str = "/log";

/// The logs that will do, best first.
const SOURCES: [Source; 2] = [
    Source { name: "dpkg.log", reader: || Box::new(dpkg::events) },
    Source {
        name: "apt/history.log",
        reader: || {
            let mut history = apt::History::default();
            Box::new(move |line| history.events(line))
        },
    },
];

/// A log, and how to read it from its beginning.
struct Source {
    name: &'static str,
    reader: fn() -> Reader,
}

/// Finds the events in the next line.
type Reader = Box<dyn FnMut(&str) -> Vec<Event>>;

/// What to keep.
#[args]
struct Options {
    /// How many of the last days with events to report.
    #[serde(default = "Options::days")]
    days: usize,
}

impl Options {
    fn days() -> usize {
        14
    }
}

/// Counts what was installed, upgraded and removed, day by day.
#[task(continuous, pause = "4s", timeout = "10s")]
fn dpkg_log(options: Options) -> Result<Digest, TaskError> {
    digest(Path::new(LOGS), options.days)
}

fn digest(logs: &Path, days: usize) -> Result<Digest, TaskError> {
    for Source { name, reader } in SOURCES {
        let log = match File::open(logs.join(name)) {
            Ok(log) => log,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(TaskError::permanent(anyhow!("{name}: {error}"))),
        };
        let digest = read(BufReader::new(log), name, reader(), days)?;
        log::info!("{} events in {name}", digest.events);
        return Ok(digest);
    }
    let names = SOURCES.map(|source| source.name).join(" nor ");
    Err(TaskError::permanent(format!(
        "neither {names} in {}: this needs the /var/log of a Debian system",
        logs.display()
    )))
}

/// Line by line and day by day: a log of any length fits into a small memory.
fn read(
    mut log: impl BufRead,
    name: &str,
    mut events: Reader,
    days: usize,
) -> Result<Digest, TaskError> {
    let mut digest = Digest::new(name, days);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length =
            log.read_until(b'\n', &mut line).with_context(|| format!("can't read on in {name}"))?;
        if length == 0 {
            return Ok(digest);
        }
        for event in events(String::from_utf8_lossy(&line).trim_end()) {
            digest.add(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;

    #[test]
    fn a_machine_without_logs_is_told_so_once() {
        let error = digest(Path::new("/not/granted"), 1).unwrap_err();
        assert!(matches!(error, TaskError::Permanent(_)));
        assert_eq!(
            error.to_string(),
            "neither dpkg.log nor apt/history.log in /not/granted: \
             this needs the /var/log of a Debian system"
        );
    }

    #[test]
    fn the_better_log_wins() {
        let logs = env::temp_dir().join(format!("example-dpkg-log-{}", process::id()));
        fs::create_dir_all(logs.join("apt")).unwrap();
        let apt = "Start-Date: 2026-05-09  07:28:46\nRemove: a:amd64 (1.0)\n";
        fs::write(logs.join("apt/history.log"), apt).unwrap();
        assert_eq!(digest(&logs, 1).unwrap().source, "apt/history.log");

        let dpkg = "2026-05-09 07:28:46 remove a:amd64 1.0 <none>\n";
        fs::write(logs.join("dpkg.log"), dpkg).unwrap();
        let best = digest(&logs, 1).unwrap();
        assert_eq!(best.source, "dpkg.log");
        assert_eq!((best.events, best.days["2026-05-09"].removed), (1, 1));
        fs::remove_dir_all(logs).unwrap();
    }
}
