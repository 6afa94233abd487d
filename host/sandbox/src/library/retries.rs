//! Files that could not be loaded for a reason that may pass.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

/// How long the first retry waits; each further one waits twice as long.
const FIRST: Duration = Duration::from_secs(5);

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(600);

/// When which file is tried again.
#[derive(Default)]
pub(super) struct Retries(BTreeMap<String, Retry>);

struct Retry {
    wait: Duration,
    /// None while it is being tried.
    due: Option<Instant>,
}

impl Retries {
    /// A load has failed, for now.
    pub(super) fn failed(&mut self, name: String, now: Instant) {
        let retry = self.0.entry(name).or_insert(Retry { wait: FIRST / 2, due: None });
        retry.wait = retry.wait.saturating_mul(2).min(LONGEST);
        retry.due = Some(now + retry.wait);
    }

    /// A load has ended for good.
    pub(super) fn ended(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// What is to be tried now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<String> {
        let due = self.0.iter_mut().filter(|(_, retry)| retry.due.is_some_and(|due| due <= now));
        due.map(|(name, retry)| {
            retry.due = None;
            name.clone()
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_until_a_load_ends_for_good() {
        let start = Instant::now();
        let mut retries = Retries::default();
        let mut now = start;
        for wait in [5, 10, 20, 40, 80, 160, 320, 600, 600] {
            retries.failed("a".to_owned(), now);
            let wait = Duration::from_secs(wait);
            assert_eq!(retries.due(now + wait - Duration::from_millis(1)), [""; 0]);
            now += wait;
            assert_eq!(retries.due(now), ["a"]);
            assert_eq!(retries.due(now), [""; 0], "it is being tried");
        }
        retries.ended("a");
        retries.failed("a".to_owned(), now);
        assert_eq!(retries.due(now + FIRST), ["a"]);
    }
}
