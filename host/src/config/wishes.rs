//! Limits and retry policies as one table states them: only what it cares about.

use std::time::Duration;

use horarium_core::{
    limits::{Fuel, LimitWishes},
    retry::RetryPolicy,
};

use super::{decode::At, raw::RawRetry, values::Bytes};

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

/// Limits as one table states them.
pub(super) fn wishes(
    timeout: &Option<At<Duration>>,
    fuel: &Option<At<Fuel>>,
    memory: &Option<At<Bytes>>,
    log: &Option<At<Bytes>>,
    output: &Option<At<Bytes>>,
) -> LimitWishes {
    let bytes = |at: &Option<At<Bytes>>| at.as_ref().map(|at| at.value.0);
    LimitWishes {
        timeout: timeout.as_ref().map(|at| at.value),
        fuel: fuel.as_ref().map(|at| at.value),
        memory: bytes(memory),
        log: bytes(log),
        output: bytes(output),
    }
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
