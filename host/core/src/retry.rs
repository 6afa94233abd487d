//! Whether another attempt follows, and when.

use std::time::Duration;

use crate::{
    rules::OnLost,
    verdict::{FailureKind, Verdict},
};

/// How often and at what pace a run is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// How many attempts a run may use, the first included; at least 1.
    pub max_attempts: u32,
    /// The wait after the first attempt.
    pub delay: Duration,
    /// What the wait is multiplied by after each further attempt; at least 1.
    pub factor: f64,
    /// The longest wait.
    pub max_delay: Duration,
    /// How far a wait may deviate, as a fraction of itself between 0 and 1, so
    /// that tasks which failed together don't return together.
    pub jitter: f64,
}

/// The longest wait that a guest may ask for. With a longer one, a single answer
/// could keep its task from ever running again.
pub const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

impl RetryPolicy {
    /// What holds where nobody says anything.
    pub const DEFAULT: Self = Self {
        max_attempts: 3,
        delay: Duration::from_secs(1),
        factor: 2.0,
        max_delay: Duration::from_secs(300),
        jitter: 0.1,
    };

    /// The wait after attempt `attempt` (counted from 1):
    /// `min(max_delay, delay · factor^(attempt − 1))`, then up to `jitter` of
    /// itself less or more. `chance` is between 0 and 1.
    #[must_use]
    pub fn wait(&self, attempt: u32, chance: f64) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.delay.as_secs_f64() * self.factor.powi(exponent);
        let capped = grown.min(self.max_delay.as_secs_f64());
        let shaken = capped * (1.0 + self.jitter * (2.0 * chance - 1.0));
        Duration::try_from_secs_f64(shaken).unwrap_or(self.max_delay)
    }

    /// The wait before the next attempt, or none where `attempt` was the last one.
    ///
    /// The plugin's own wish holds where another attempt would follow: it may give that up
    /// or put it off, but never have more than there are.
    #[must_use]
    pub fn decide(
        &self,
        on_lost: OnLost,
        verdict: &Verdict,
        wish: Restart,
        attempt: u32,
        chance: f64,
    ) -> Option<Duration> {
        let asked = match verdict {
            Verdict::Succeeded { .. } | Verdict::Cancelled => return None,
            Verdict::Lost if on_lost == OnLost::Fail => return None,
            Verdict::Failed(failure) => match failure.kind {
                FailureKind::Permanent => return None,
                FailureKind::RetryAfter(wait) => Some(wait.min(LONGEST_ASKED)),
                FailureKind::Retry => None,
            },
            Verdict::TimedOut { .. }
            | Verdict::OutOfFuel { .. }
            | Verdict::OutOfMemory { .. }
            | Verdict::Trapped(_)
            | Verdict::Interrupted
            | Verdict::Lost
            | Verdict::Conflicted { .. } => None,
        };
        let asked = match wish {
            Restart::ByPolicy => asked,
            Restart::After(wait) => Some(wait.min(LONGEST_ASKED)),
            Restart::Never => return None,
        };
        (attempt < self.max_attempts).then(|| asked.unwrap_or_else(|| self.wait(attempt, chance)))
    }
}

/// What a plugin that decides about its own restart wants to follow a failed attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Restart {
    /// What the retry policy and the failure itself say.
    #[default]
    ByPolicy,
    /// Another attempt, but not before this much time has passed.
    After(Duration),
    /// No further attempt.
    Never,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A number between 0 and 1 that is always the same for the same attempt, so
/// that a decision can be repeated.
#[must_use]
pub fn chance(run: crate::run::RunId, attempt: u32) -> f64 {
    // SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    let mut z = (run.0.cast_unsigned() ^ u64::from(attempt).rotate_left(32))
        .wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let upper = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX);
    f64::from(upper) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::run::RunId;

    const TARANTOOL: RetryPolicy = RetryPolicy {
        max_attempts: 8,
        delay: Duration::from_secs(8),
        factor: 1.5,
        max_delay: Duration::from_secs(300),
        jitter: 0.0,
    };

    #[test]
    fn the_waits_of_tarantools_defaults() {
        let waits: Vec<u64> = (1..8).map(|n| TARANTOOL.wait(n, 0.5).as_secs()).collect();
        assert_eq!(waits, [8, 12, 18, 27, 40, 60, 91]);
    }

    #[test]
    fn what_is_over_is_not_retried() {
        let success = Verdict::Succeeded { output: None };
        assert_eq!(TARANTOOL.decide(OnLost::Retry, &success, Restart::ByPolicy, 1, 0.5), None);
        assert_eq!(
            TARANTOOL.decide(OnLost::Retry, &Verdict::Cancelled, Restart::ByPolicy, 1, 0.5),
            None
        );
        assert_eq!(
            TARANTOOL.decide(
                OnLost::Retry,
                &Verdict::failed_for_good("no"),
                Restart::ByPolicy,
                1,
                0.5
            ),
            None
        );
        assert_eq!(
            TARANTOOL.decide(OnLost::Retry, &Verdict::failed("no"), Restart::ByPolicy, 8, 0.5),
            None
        );
    }

    #[test]
    fn a_guest_may_ask_for_its_own_wait() {
        let hour = Duration::from_secs(3600);
        let failure = crate::verdict::Failure {
            kind: FailureKind::RetryAfter(hour),
            message: "rate limited".into(),
        };
        assert_eq!(
            TARANTOOL.decide(
                OnLost::Retry,
                &Verdict::Failed(failure.clone()),
                Restart::ByPolicy,
                1,
                0.5
            ),
            Some(hour)
        );
        assert_eq!(
            TARANTOOL.decide(OnLost::Retry, &Verdict::Failed(failure), Restart::ByPolicy, 8, 0.5),
            None
        );
        let forever = crate::verdict::Failure {
            kind: FailureKind::RetryAfter(Duration::MAX),
            message: "never".into(),
        };
        assert_eq!(
            TARANTOOL.decide(OnLost::Retry, &Verdict::Failed(forever), Restart::ByPolicy, 1, 0.5),
            Some(LONGEST_ASKED)
        );
    }

    #[test]
    fn a_plugins_wish_goes_before_the_policys_wait() {
        let failed = Verdict::failed("no");
        let hour = Duration::from_secs(3600);
        let wait = |wish| TARANTOOL.decide(OnLost::Retry, &failed, wish, 1, 0.5);
        assert_eq!(wait(Restart::ByPolicy), Some(Duration::from_secs(8)));
        assert_eq!(wait(Restart::After(hour)), Some(hour));
        assert_eq!(wait(Restart::After(Duration::MAX)), Some(LONGEST_ASKED));
        assert_eq!(wait(Restart::Never), None);
    }

    fn wishes() -> impl Strategy<Value = Restart> {
        prop_oneof![
            Just(Restart::ByPolicy),
            Just(Restart::Never),
            any::<Duration>().prop_map(Restart::After),
        ]
    }

    fn verdicts() -> impl Strategy<Value = Verdict> {
        prop_oneof![
            Just(Verdict::Succeeded { output: None }),
            Just(Verdict::Cancelled),
            Just(Verdict::Lost),
            Just(Verdict::failed("no")),
            Just(Verdict::failed_for_good("no")),
            Just(Verdict::TimedOut { limit: Duration::ZERO }),
        ]
    }

    proptest! {
        #[test]
        fn a_plugin_has_no_attempt_that_its_policy_would_not_give(
            verdict in verdicts(),
            wish in wishes(),
            attempt in 1_u32..12,
        ) {
            let decide = |wish| TARANTOOL.decide(OnLost::Fail, &verdict, wish, attempt, 0.5);
            if decide(Restart::ByPolicy).is_none() {
                prop_assert_eq!(decide(wish), None);
            }
        }

        #[test]
        fn waits_stay_within_jitter_of_the_cap(
            attempt in 1_u32..2000,
            factor in 1.0_f64..10.0,
            jitter in 0.0_f64..=1.0,
            chance in 0.0_f64..=1.0,
            delay_ms in 0_u64..1_000_000,
        ) {
            let policy = RetryPolicy {
                max_attempts: u32::MAX,
                delay: Duration::from_millis(delay_ms),
                factor,
                jitter,
                ..RetryPolicy::DEFAULT
            };
            let wait = policy.wait(attempt, chance).as_secs_f64();
            let most = policy.max_delay.as_secs_f64() * (1.0 + jitter);
            prop_assert!(wait <= most + 1e-6);
            let calm = RetryPolicy { jitter: 0.0, ..policy };
            let without = calm.wait(attempt, chance).as_secs_f64();
            prop_assert!((wait - without).abs() <= without * jitter + 1e-6);
            let later = calm.wait(attempt + 1, chance).as_secs_f64();
            prop_assert!(later >= without - 1e-9);
        }

        #[test]
        fn chances_are_between_zero_and_one(run in any::<i64>(), attempt in any::<u32>()) {
            let chance = chance(RunId(run), attempt);
            prop_assert!((0.0..=1.0).contains(&chance));
        }
    }
}
