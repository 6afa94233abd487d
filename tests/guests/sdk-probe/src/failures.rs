//! Ways to fail.

use std::{fmt, time::Duration};

use horarium_sdk::{anyhow, prelude::*};

/// How to fail.
#[args]
enum Way {
    /// Try again by the policy.
    Retry,
    /// Try again, but not before this many milliseconds have passed.
    RetryAfter(u64),
    /// Don't try again.
    Permanent,
}

/// Fails as it is told to.
#[task(max_attempts = 2)]
fn fail(way: Way) -> Result<(), TaskError> {
    Err(match way {
        Way::Retry => TaskError::retry("come again"),
        Way::RetryAfter(millis) => {
            TaskError::retry_after(Duration::from_millis(millis), "come later")
        }
        Way::Permanent => TaskError::permanent("don't come again"),
    })
}

/// Fails with causes, none of which decides.
#[task]
fn fail_with_causes() -> anyhow::Result<()> {
    Err(anyhow!("the disk is full")).context("write the report").context("rebuild")
}

/// Fails with a decision under two layers of context.
#[task]
fn fail_deep_down() -> Result<(), TaskError> {
    fail(Way::Permanent).context("write the report").context("rebuild")?;
    Ok(())
}

/// Fails with an error type of its own.
#[task]
fn fail_in_own_words() -> Result<u8, Refusal> {
    Err(Refusal)
}

/// An error like those that libraries define.
#[derive(Debug)]
struct Refusal;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refusal {}

/// Fails until its third attempt.
#[task(max_attempts = 3)]
fn succeed_third_time(context: &Context) -> anyhow::Result<u32> {
    ensure!(context.attempt() >= 3, "attempt {} is too early", context.attempt());
    Ok(context.attempt())
}

/// Panics.
#[task]
fn panics() {
    panic!("out of {}", "luck");
}

#[cfg(test)]
mod tests {
    use horarium_sdk::plugin::{self, Failure, FailureKind};

    use super::*;

    fn failure(function: &str, args: &str) -> Failure {
        let context = Context::for_test(function).build();
        plugin::run(&context, args).unwrap_err()
    }

    #[test]
    fn the_host_is_told_whether_to_try_again() {
        let kind = |way| failure("fail", way).kind;
        assert_eq!(kind(r#""Retry""#), FailureKind::Retry);
        assert_eq!(
            kind(r#"{"RetryAfter": 1500}"#),
            FailureKind::RetryAfter(Duration::from_millis(1500))
        );
        assert_eq!(kind(r#""Permanent""#), FailureKind::Permanent);
    }

    #[test]
    fn the_host_is_told_all_causes() {
        let failure = failure("fail_with_causes", "null");
        assert_eq!(failure.kind, FailureKind::Retry);
        assert_eq!(failure.message, "rebuild: write the report: the disk is full");
    }

    #[test]
    fn a_decision_deep_down_counts() {
        let failure = failure("fail_deep_down", "null");
        assert_eq!(failure.kind, FailureKind::Permanent);
        assert_eq!(failure.message, "rebuild: write the report: don't come again");
    }

    #[test]
    fn other_errors_are_tried_again() {
        let failure = failure("fail_in_own_words", "null");
        assert_eq!(failure.kind, FailureKind::Retry);
        assert_eq!(failure.message, "refused");
    }

    #[test]
    fn the_attempt_is_known() {
        let attempt = |attempt| {
            let context = Context::for_test("third").attempt(attempt).build();
            succeed_third_time(&context)
        };
        assert!(attempt(2).is_err());
        assert_eq!(attempt(3).unwrap(), 3);
    }

    #[test]
    #[should_panic(expected = "out of luck")]
    fn a_panic_is_a_panic() {
        panics();
    }
}
