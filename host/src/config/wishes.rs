//! Limits and retry policies as one table states them: only what it cares about.

use std::time::Duration;

use horarium_core::{
    limits::{BoundWishes, Fuel, LimitWishes},
    retry::RetryPolicy,
};

use super::{
    decode::At,
    raw::{RawBounds, RawRetry},
    values::{Bytes, Count},
};

/// A retry policy as one voice states it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RetryWishes {
    max_attempts: Option<u32>,
    delay: Option<Duration>,
    factor: Option<f64>,
    max_delay: Option<Duration>,
    jitter: Option<f64>,
}

impl RetryWishes {
    /// These wishes, and where they are silent, `other`'s.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            max_attempts: self.max_attempts.or(other.max_attempts),
            delay: self.delay.or(other.delay),
            factor: self.factor.or(other.factor),
            max_delay: self.max_delay.or(other.max_delay),
            jitter: self.jitter.or(other.jitter),
        }
    }

    pub(crate) fn resolve(self) -> RetryPolicy {
        let default = RetryPolicy::DEFAULT;
        RetryPolicy {
            max_attempts: self.max_attempts.unwrap_or(default.max_attempts),
            delay: self.delay.unwrap_or(default.delay),
            factor: self.factor.unwrap_or(default.factor),
            max_delay: self.max_delay.unwrap_or(default.max_delay),
            jitter: self.jitter.unwrap_or(default.jitter),
        }
    }
}

/// The keys about limits of one table.
#[derive(Clone, Copy, Default)]
pub(super) struct LimitKeys<'a> {
    pub(super) timeout: Option<&'a At<Duration>>,
    pub(super) fuel: Option<&'a At<Fuel>>,
    pub(super) memory: Option<&'a At<Bytes>>,
    pub(super) log: Option<&'a At<Bytes>>,
    pub(super) output: Option<&'a At<Bytes>>,
    pub(super) limits: Option<&'a At<RawBounds>>,
}

/// Takes the keys about limits out of a table that has all of them.
macro_rules! limit_keys {
    ($table:expr) => {
        $crate::config::wishes::LimitKeys {
            timeout: $table.timeout.as_ref(),
            fuel: $table.fuel.as_ref(),
            memory: $table.memory.as_ref(),
            log: $table.log.as_ref(),
            output: $table.output.as_ref(),
            limits: $table.limits.as_ref(),
        }
    };
}

pub(super) use limit_keys;

impl LimitKeys<'_> {
    pub(super) fn wishes(&self) -> LimitWishes {
        let bytes = |at: Option<&At<Bytes>>| at.map(|at| at.value.0);
        LimitWishes {
            timeout: self.timeout.map(|at| at.value),
            fuel: self.fuel.map(|at| at.value),
            memory: bytes(self.memory),
            log: bytes(self.log),
            output: bytes(self.output),
            bounds: self.limits.map(|at| bound_wishes(&at.value)).unwrap_or_default(),
        }
    }
}

/// Bounds as one table states them.
pub(super) fn bound_wishes(raw: &RawBounds) -> BoundWishes {
    let count = |at: &Option<At<Count>>| at.as_ref().map(|at| u64::from(at.value.0));
    let bytes = |at: &Option<At<Bytes>>| at.as_ref().map(|at| at.value.0);
    BoundWishes {
        instances: count(&raw.instances),
        memories: count(&raw.memories),
        tables: count(&raw.tables),
        table_elements: count(&raw.table_elements),
        handles: count(&raw.handles),
        resources: count(&raw.resources),
        host_call: bytes(&raw.host_call),
        random: bytes(&raw.random),
        state_reads: raw.state_reads.as_ref().map(|at| at.value.0),
        checkpoint: bytes(&raw.checkpoint),
        checkpoint_rate: bytes(&raw.checkpoint_rate),
        log_rate: count(&raw.log_rate),
        http_requests: count(&raw.http_requests),
        http_connections: count(&raw.http_connections),
        http_sent: bytes(&raw.http_sent),
        http_received: bytes(&raw.http_received),
        http_headers: bytes(&raw.http_headers),
        http_wait: milliseconds(raw.http_wait.as_ref()),
    }
}

/// Rounded up: a wait of nothing would be none.
fn milliseconds(at: Option<&At<Duration>>) -> Option<u64> {
    let wait = at?.value;
    Some(u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

/// A retry policy as one table states it.
pub(super) fn retry_wishes(raw: &RawRetry) -> RetryWishes {
    RetryWishes {
        max_attempts: raw.max_attempts.as_ref().map(|at| at.value.0),
        delay: raw.delay.as_ref().map(|at| at.value),
        factor: raw.factor.as_ref().map(|at| at.value.0),
        max_delay: raw.max_delay.as_ref().map(|at| at.value),
        jitter: raw.jitter.as_ref().map(|at| at.value.0),
    }
}
