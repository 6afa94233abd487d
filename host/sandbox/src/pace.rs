//! How many lines a second are passed on as they come.

use std::time::{Duration, Instant};

/// A token bucket that holds a second's worth: a burst passes, a flood does not.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: u64,
    tokens: u64,
    /// Up to when tokens were handed in. Looked at only when there are none left.
    filled: Instant,
}

impl Pace {
    pub(crate) fn new(per_second: u64, now: Instant) -> Self {
        Self { per_second, tokens: per_second, filled: now }
    }

    /// Takes a token; false where there is none at the time that `now` tells.
    pub(crate) fn take(&mut self, now: impl FnOnce() -> Instant) -> bool {
        if self.tokens == 0 {
            self.fill(now());
        }
        let some = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        some
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled).as_nanos();
        let due = passed * u128::from(self.per_second) / NANOS;
        let due = u64::try_from(due).unwrap_or(u64::MAX);
        if due >= self.per_second {
            self.tokens = self.per_second;
            self.filled = now;
        } else if due > 0 {
            self.tokens = due;
            // What is left of a token's time counts towards the next one.
            let spent = u128::from(due) * NANOS / u128::from(self.per_second);
            self.filled += Duration::from_nanos(u64::try_from(spent).unwrap_or(u64::MAX));
        }
    }
}

/// Nanoseconds in a second.
const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_pace_holds() {
        let start = Instant::now();
        let mut pace = Pace::new(10, start);
        let mut taken = |at: u64, wanted: usize| {
            let now = start + Duration::from_millis(at);
            (0..wanted).filter(|_| pace.take(|| now)).count()
        };
        assert_eq!(taken(0, 100), 10);
        assert_eq!(taken(99, 100), 0);
        assert_eq!(taken(150, 100), 1, "and half a token is kept");
        assert_eq!(taken(200, 100), 1);
        assert_eq!(taken(60_000, 100), 10, "never more than a second's worth");
    }

    #[test]
    fn a_clock_that_stands_still_gives_nothing() {
        let start = Instant::now() + Duration::from_secs(1);
        let mut pace = Pace::new(1, start);
        assert!(pace.take(|| start));
        assert!(!pace.take(Instant::now));
    }
}
