//! How often something may happen.

use std::time::{Duration, Instant};

/// A token bucket: so many at once, and then one each time that has passed.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    most: u32,
    each: Duration,
    left: u32,
    /// Since when the next one grows.
    since: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(most: u32, each: Duration, now: Instant) -> Self {
        Self { most, each, left: most, since: now }
    }

    /// Takes one, where there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        self.grow(now);
        let taken = self.left > 0;
        self.left = self.left.saturating_sub(1);
        taken
    }

    /// Whether there is one.
    pub(super) fn has_one(&mut self, now: Instant) -> bool {
        self.grow(now);
        self.left > 0
    }

    /// Whether it is as full as at its beginning.
    pub(super) fn is_full(&mut self, now: Instant) -> bool {
        self.grow(now);
        self.left == self.most
    }

    fn grow(&mut self, now: Instant) {
        if self.left == self.most {
            self.since = now;
            return;
        }
        let passed = now.saturating_duration_since(self.since);
        let grown = u32::try_from(passed.as_nanos() / self.each.as_nanos()).unwrap_or(u32::MAX);
        match self.left.saturating_add(grown) {
            left if left >= self.most => (self.left, self.since) = (self.most, now),
            left => {
                self.left = left;
                // Less than what would fill it.
                self.since += self.each * grown;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_one_at_a_time() {
        const EACH: Duration = Duration::from_secs(2);
        let begin = Instant::now();
        let mut bucket = Bucket::new(3, EACH, begin);
        assert!(bucket.is_full(begin));
        assert_eq!([(); 4].map(|()| bucket.take(begin)), [true, true, true, false]);
        assert!(!bucket.take(begin + EACH / 2));
        let later = begin + EACH + EACH / 2;
        assert!(bucket.has_one(later) && bucket.take(later) && !bucket.take(later));
        // Half of the next one had grown already.
        assert!(bucket.take(begin + EACH * 2));
        assert!(bucket.is_full(begin + EACH * 100));
    }
}
