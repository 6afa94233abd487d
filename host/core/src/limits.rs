//! What one attempt may use, and who has the last word about it.

use std::time::Duration;

use jiff::{
    SignedDuration,
    fmt::friendly::{Designator, Spacing, SpanPrinter},
};

/// How much computing an attempt may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fuel {
    /// This many units; wasmtime charges about one per instruction.
    Limited(u64),
    /// As much as fits into the timeout.
    Unlimited,
}

/// What one attempt may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time, the guest's sleep included.
    pub timeout: Duration,
    /// Computation.
    pub fuel: Fuel,
    /// Bytes in all linear memories together.
    pub memory: u64,
    /// Bytes of log that are kept: the first half and the last half of it.
    pub log: u64,
    /// Bytes of output that a success may return.
    pub output: u64,
}

impl Limits {
    /// What holds where nobody says anything: enough for a task that fetches,
    /// parses and writes some megabytes, and harmless a hundred times at once.
    pub const DEFAULT: Self = Self {
        timeout: Duration::from_secs(60),
        fuel: Fuel::Limited(1_000_000_000),
        memory: 64 << 20,
        log: 256 << 10,
        output: 1 << 20,
    };
}

/// The host's last word: no task gets more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// The longest timeout.
    pub timeout: Duration,
    /// The most fuel.
    pub fuel: Fuel,
    /// The most memory, in bytes.
    pub memory: u64,
}

impl Caps {
    /// What holds where the operator says nothing.
    pub const DEFAULT: Self =
        Self { timeout: Duration::from_secs(3600), fuel: Fuel::Unlimited, memory: 1 << 30 };
}

/// Limits as one voice states them: only what it cares about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitWishes {
    /// See [`Limits::timeout`].
    pub timeout: Option<Duration>,
    /// See [`Limits::fuel`].
    pub fuel: Option<Fuel>,
    /// See [`Limits::memory`].
    pub memory: Option<u64>,
    /// See [`Limits::log`].
    pub log: Option<u64>,
    /// See [`Limits::output`].
    pub output: Option<u64>,
}

impl LimitWishes {
    /// These wishes, and where they are silent, `other`'s.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            timeout: self.timeout.or(other.timeout),
            fuel: self.fuel.or(other.fuel),
            memory: self.memory.or(other.memory),
            log: self.log.or(other.log),
            output: self.output.or(other.output),
        }
    }

    /// The wishes fulfilled as far as `caps` allow, [`Limits::DEFAULT`] where
    /// they are silent.
    #[must_use]
    pub fn resolve(self, caps: &Caps) -> Limits {
        let default = Limits::DEFAULT;
        Limits {
            timeout: self.timeout.unwrap_or(default.timeout).min(caps.timeout),
            fuel: narrower(self.fuel.unwrap_or(default.fuel), caps.fuel),
            memory: self.memory.unwrap_or(default.memory).min(caps.memory),
            log: self.log.unwrap_or(default.log),
            output: self.output.unwrap_or(default.output),
        }
    }
}

fn narrower(wish: Fuel, cap: Fuel) -> Fuel {
    match (wish, cap) {
        (Fuel::Limited(wish), Fuel::Limited(cap)) => Fuel::Limited(wish.min(cap)),
        (Fuel::Unlimited, limited) | (limited, Fuel::Unlimited) => limited,
    }
}

/// A length of time as configurations write it, `1m 30s`.
#[must_use]
pub fn show_duration(length: Duration) -> String {
    const PRINTER: SpanPrinter =
        SpanPrinter::new().spacing(Spacing::BetweenUnits).designator(Designator::Compact);
    SignedDuration::try_from(length).map_or_else(
        |_| format!("{}s", length.as_secs()),
        |length| PRINTER.duration_to_string(&length),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_more_than_the_host_allows() {
        let caps = Caps { fuel: Fuel::Limited(500), ..Caps::DEFAULT };
        let greedy = LimitWishes {
            timeout: Some(Duration::MAX),
            fuel: Some(Fuel::Unlimited),
            memory: Some(u64::MAX),
            ..LimitWishes::default()
        };
        let limits = greedy.resolve(&caps);
        assert_eq!(limits.timeout, caps.timeout);
        assert_eq!(limits.fuel, Fuel::Limited(500));
        assert_eq!(limits.memory, caps.memory);
    }

    #[test]
    fn the_first_voice_wins() {
        let task = LimitWishes { memory: Some(1), ..LimitWishes::default() };
        let defaults =
            LimitWishes { memory: Some(2), fuel: Some(Fuel::Limited(7)), ..LimitWishes::default() };
        let limits = task.or(defaults).resolve(&Caps::DEFAULT);
        assert_eq!((limits.memory, limits.fuel), (1, Fuel::Limited(7)));
        assert_eq!(limits.timeout, Limits::DEFAULT.timeout);
    }

    #[test]
    fn durations_read_as_they_are_written() {
        assert_eq!(show_duration(Duration::from_secs(90)), "1m 30s");
        assert_eq!(show_duration(Duration::from_millis(500)), "500ms");
    }
}
