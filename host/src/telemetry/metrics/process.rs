//! What the system knows of this process.

use std::fs;

use rustix::process::{Resource, getrlimit};

/// Ticks in a second, as the kernel tells times to programs on every machine.
const TICKS: f64 = 100.0;

/// How a process stands.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Process {
    /// Seconds of computing, in the program and in the kernel.
    pub(super) cpu: f64,
    /// Bytes of memory that are there.
    pub(super) resident: u64,
    pub(super) threads: u64,
    /// Descriptors that are open, and that may be.
    pub(super) descriptors: u64,
    pub(super) most_descriptors: u64,
}

impl Process {
    /// This process. What the system does not tell is zero.
    pub(super) fn own() -> Self {
        let mut process = Self::default();
        process.read(&fs::read_to_string("/proc/self/stat").unwrap_or_default());
        let status = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages: u64 = word(status.split(' '), 1).unwrap_or_default();
        process.resident = pages.saturating_mul(page_size());
        let open = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        process.descriptors = u64::try_from(open).unwrap_or(u64::MAX);
        process.most_descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        process
    }

    /// Reads `/proc/self/stat`, whose second word is a name that may have any characters.
    fn read(&mut self, stat: &str) {
        let Some((_, rest)) = stat.rsplit_once(')') else { return };
        let ticks = |place| word(rest.split_whitespace(), place).unwrap_or(0.0);
        self.cpu = (ticks(11) + ticks(12)) / TICKS;
        self.threads = word(rest.split_whitespace(), 17).unwrap_or_default();
    }
}

fn word<'a, T: std::str::FromStr>(
    mut words: impl Iterator<Item = &'a str>,
    place: usize,
) -> Option<T> {
    words.nth(place)?.parse().ok()
}

fn page_size() -> u64 {
    u64::try_from(rustix::param::page_size()).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_numbers() {
        let mut process = Process::default();
        process.read("7 (a) b 1 2) S 1 7 7 0 -1 4194560 9 0 0 0 150 50 0 0 20 0 6 0 99 1 2");
        assert_eq!((process.cpu, process.threads), (2.0, 6));
        process.read("nothing");
        assert_eq!(process.threads, 6);
    }

    #[test]
    fn this_process_is_something() {
        let own = Process::own();
        assert!(own.resident > 0 && own.threads > 0 && own.descriptors > 2, "{own:?}");
        assert!(own.most_descriptors >= own.descriptors);
    }
}
