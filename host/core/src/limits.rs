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
    /// What it may make the host do and keep.
    pub bounds: Bounds,
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
        bounds: Bounds::DEFAULT,
    };
}

/// Declares the bounds once: what an attempt has, what one voice wishes, and how
/// the host's caps narrow it.
macro_rules! bounds {
    ($( $(#[doc = $doc:literal])* $name:ident: $default:expr, cap $cap:expr; )*) => {
        /// What an attempt may make the host do and keep. Bounds that an honest
        /// guest does not meet, so that nobody has to think of them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Bounds {
            $( $(#[doc = $doc])* pub $name: u64, )*
        }

        impl Bounds {
            /// What holds where nobody says anything.
            pub const DEFAULT: Self = Self { $( $name: $default, )* };

            /// The most that a task may ask for where the operator caps nothing.
            pub const MOST: Self = Self { $( $name: $cap, )* };
        }

        /// Bounds as one voice states them: only what it cares about.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct BoundWishes {
            $( #[doc = concat!("See [`Bounds::", stringify!($name), "`].")]
               pub $name: Option<u64>, )*
        }

        impl BoundWishes {
            /// These wishes, and where they are silent, `other`'s.
            #[must_use]
            pub fn or(self, other: Self) -> Self {
                Self { $( $name: self.$name.or(other.$name), )* }
            }

            /// The wishes fulfilled as far as `caps` allow.
            #[must_use]
            pub fn resolve(self, caps: &Bounds) -> Bounds {
                Bounds { $( $name: self.$name.unwrap_or(Bounds::DEFAULT.$name).min(caps.$name), )* }
            }

            /// These wishes as caps, [`Bounds::MOST`] where they are silent.
            #[must_use]
            pub fn as_caps(self) -> Bounds {
                Bounds { $( $name: self.$name.unwrap_or(Bounds::MOST.$name), )* }
            }
        }
    };
}

bounds! {
    /// Core instances; a guest written in Rust has three.
    instances: 16, cap 16;
    /// Linear memories.
    memories: 4, cap 4;
    /// Tables.
    tables: 8, cap 8;
    /// Entries in all tables together; a Rust guest has as many as functions whose
    /// address is taken.
    table_elements: 20_000, cap 20_000;
    /// Handles that its components hold on resources, its own ones included.
    handles: 10_000, cap 100_000;
    /// Things of the host that it holds open at once: files, sockets, streams, polls.
    /// Behind each, the host keeps an open file and 64 KiB at most.
    resources: 128, cap 10_000;
    /// Bytes that it hands to the host in one call, beside what its limit on output
    /// is worth: what it returns is counted by the same meter, which can't tell the
    /// two apart. An output counts once, that of an exported function eight times.
    host_call: 1 << 20, cap 64 << 20;
    /// Random bytes that it gets in one call.
    random: 1 << 20, cap 64 << 20;
    /// Times that it asks for what is committed of a state: keys and pages of lists.
    state_reads: 100_000, cap 100_000_000;
    /// Bytes of a checkpoint.
    checkpoint: 256 << 10, cap 16 << 20;
    /// Bytes of checkpoints that it saves in a second; beyond that it waits. Each counts as
    /// 10 KiB at least.
    checkpoint_rate: 1 << 20, cap 64 << 20;
    /// Lines of log a second that are passed on as they come; beyond that they wait,
    /// as the end of the log does, to be dropped if there are too many.
    log_rate: 1_000, cap 100_000;
    /// HTTP requests that it asks for, those that are refused included.
    http_requests: 1_000, cap 100_000;
    /// HTTP connections that it holds open at once.
    http_connections: 8, cap 100;
    /// Bytes in the bodies of all its HTTP requests together.
    http_sent: 16 << 20, cap 64 << 30;
    /// Bytes in the bodies of all HTTP responses together.
    http_received: 64 << 20, cap 64 << 30;
    /// Bytes in the header section of an HTTP response, and roughly of a request.
    http_headers: 64 << 10, cap 1 << 20;
    /// Milliseconds that each phase of an HTTP request may take: to look up a name, to
    /// connect, to shake hands, until the response's headers are there, and while a
    /// body stands still.
    http_wait: 30_000, cap 600_000;
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
    /// The most log that is kept, in bytes.
    pub log: u64,
    /// The longest output, in bytes.
    pub output: u64,
    /// The most of everything else.
    pub bounds: Bounds,
}

impl Caps {
    /// What holds where the operator says nothing.
    pub const DEFAULT: Self = Self {
        timeout: Duration::from_secs(3600),
        fuel: Fuel::Unlimited,
        memory: 1 << 30,
        log: 64 << 20,
        output: 64 << 20,
        bounds: Bounds::MOST,
    };
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
    /// See [`Limits::bounds`].
    pub bounds: BoundWishes,
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
            bounds: self.bounds.or(other.bounds),
        }
    }

    /// These wishes, none of them for more than `most`.
    #[must_use]
    pub fn at_most(self, most: &Limits) -> Self {
        let fuel = |wish| match (wish, most.fuel) {
            (Fuel::Limited(wish), Fuel::Limited(most)) => Fuel::Limited(wish.min(most)),
            (Fuel::Unlimited, most) => most,
            (wish, Fuel::Unlimited) => wish,
        };
        Self {
            timeout: self.timeout.map(|wish| wish.min(most.timeout)),
            fuel: self.fuel.map(fuel),
            memory: self.memory.map(|wish| wish.min(most.memory)),
            log: self.log.map(|wish| wish.min(most.log)),
            output: self.output.map(|wish| wish.min(most.output)),
            // Nobody suggests these.
            bounds: self.bounds,
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
            log: self.log.unwrap_or(default.log).min(caps.log),
            output: self.output.unwrap_or(default.output).min(caps.output),
            bounds: self.bounds.resolve(&caps.bounds),
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
            log: Some(u64::MAX),
            output: Some(u64::MAX),
            bounds: BoundWishes { handles: Some(u64::MAX), ..BoundWishes::default() },
        };
        let limits = greedy.resolve(&caps);
        assert_eq!(limits.timeout, caps.timeout);
        assert_eq!(limits.fuel, Fuel::Limited(500));
        assert_eq!(limits.memory, caps.memory);
        assert_eq!((limits.log, limits.output), (caps.log, caps.output));
        assert_eq!(limits.bounds.handles, caps.bounds.handles);
        assert_eq!(limits.bounds.random, Bounds::DEFAULT.random);
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
