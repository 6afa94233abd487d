//! What goes in and what comes out.

use std::time::{SystemTime, UNIX_EPOCH};

use horarium_sdk::{anyhow, prelude::*};

/// Does nothing.
#[task]
fn nothing() {}

/// Says what it knows about its run.
///
/// This paragraph is not part of the summary.
#[task(manual)]
fn whoami(context: Context) -> Whoami {
    Whoami {
        task: context.task().to_owned(),
        function: context.function().to_owned(),
        run_id: context.run_id().to_owned(),
        attempt: context.attempt(),
        max_attempts: context.max_attempts(),
        last_attempt: context.is_last_attempt(),
        trigger: context.trigger().to_string(),
        scheduled_for: micros(context.scheduled_for()),
        deadline: micros(context.deadline()),
        has_time_left: !context.time_left().is_zero(),
    }
}

/// A run, as its task sees it. Instants are microseconds since 1970.
#[output]
struct Whoami {
    task: String,
    function: String,
    run_id: String,
    attempt: u32,
    max_attempts: u32,
    last_attempt: bool,
    trigger: String,
    scheduled_for: u128,
    deadline: u128,
    has_time_left: bool,
}

fn micros(instant: SystemTime) -> u128 {
    instant.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()
}

/// What to add up.
#[args]
struct Sum {
    /// The numbers to add up.
    numbers: Vec<i64>,
    /// What to do before.
    #[serde(default)]
    first: First,
}

/// A step before adding up.
#[args]
#[derive(Default, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum First {
    /// Nothing.
    #[default]
    Nothing,
    /// Leave out what is below zero.
    DropNegative,
}

/// Adds numbers up.
#[task]
fn sum(sum: Sum) -> Result<i64, TaskError> {
    let kept = |number: &&i64| sum.first == First::Nothing || **number >= 0;
    sum.numbers
        .iter()
        .filter(kept)
        .try_fold(0_i64, |total, number| total.checked_add(*number))
        .ok_or_else(|| TaskError::permanent("the sum is too big"))
}

/// Counts, and tells how far it is.
#[task(name = "count.to", max_attempts = 1)]
fn count_to(context: &Context, Limit { limit }: Limit) -> anyhow::Result<Limit> {
    ensure!(limit > 0, "nothing to count");
    for number in 1..=limit {
        context.progress(f32::from(number) / f32::from(limit), format!("at {number}"));
    }
    progress::fraction(1.0);
    progress::note("counted");
    Ok(Limit { limit })
}

/// In and out.
#[args]
#[output]
struct Limit {
    limit: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_function_is_a_plain_function() {
        let numbers = vec![1, -2, 3];
        let all = Sum { numbers: numbers.clone(), first: First::Nothing };
        assert_eq!(sum(all).unwrap(), 2);
        let positive = Sum { numbers, first: First::DropNegative };
        assert_eq!(sum(positive).unwrap(), 4);
    }

    #[test]
    fn failures_are_values() {
        let too_big = Sum { numbers: vec![i64::MAX, 1], first: First::Nothing };
        assert!(matches!(sum(too_big), Err(TaskError::Permanent(_))));
    }

    #[test]
    fn a_context_is_made_for_the_test() {
        let context = Context::for_test("nightly")
            .function("whoami")
            .attempt(3)
            .trigger(Trigger::Schedule)
            .scheduled_for(UNIX_EPOCH)
            .build();
        let known = whoami(context);
        assert_eq!((known.attempt, known.last_attempt), (3, true));
        assert_eq!(known.trigger, "schedule");
        assert_eq!(known.scheduled_for, 0);
        assert!(known.has_time_left);
    }

    #[test]
    fn progress_needs_no_host() {
        let context = Context::for_test("count").build();
        assert_eq!(count_to(&context, Limit { limit: 3 }).unwrap().limit, 3);
        assert!(count_to(&context, Limit { limit: 0 }).is_err());
    }
}
