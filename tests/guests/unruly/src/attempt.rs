//! Failures, successes, and what comes before one of them.

use std::{
    env,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use horarium_sdk::{prelude::*, serde_json::Value};

/// How to fail.
#[args]
struct Fail {
    kind: Kind,
    /// For `retry_after`.
    #[serde(default)]
    ms: u64,
    #[serde(default = "Fail::message")]
    message: String,
}

#[args]
#[serde(rename_all = "snake_case")]
enum Kind {
    Retry,
    RetryAfter,
    Permanent,
}

impl Fail {
    fn message() -> String {
        "as it was told to".to_owned()
    }
}

/// Fails as it is told to.
#[task]
fn fail(fail: Fail) -> Result<(), TaskError> {
    Err(match fail.kind {
        Kind::Retry => TaskError::retry(fail.message),
        Kind::RetryAfter => TaskError::retry_after(Duration::from_millis(fail.ms), fail.message),
        Kind::Permanent => TaskError::permanent(fail.message),
    })
}

/// Succeeds.
#[task]
fn succeed() -> &'static str {
    "done"
}

/// When to succeed.
#[args]
struct Patience {
    succeed_on: u32,
}

/// Fails until this attempt.
#[task]
fn attempts(context: &Context, patience: Patience) -> Result<u32, TaskError> {
    let attempt = context.attempt();
    if attempt < patience.succeed_on {
        return Err(TaskError::retry(format!("attempt {attempt} is too early")));
    }
    Ok(attempt)
}

/// Everything that a task function is told. Instants are microseconds since 1970.
#[output]
struct Echo {
    args: Value,
    argv: Vec<String>,
    task: String,
    function: String,
    run_id: String,
    attempt: u32,
    max_attempts: u32,
    trigger: String,
    scheduled_for: u128,
    deadline: u128,
}

/// Returns its arguments and its context.
#[task]
fn echo(context: &Context, args: Value) -> Echo {
    Echo {
        args,
        argv: env::args().collect(),
        task: context.task().to_owned(),
        function: context.function().to_owned(),
        run_id: context.run_id().to_owned(),
        attempt: context.attempt(),
        max_attempts: context.max_attempts(),
        trigger: context.trigger().to_string(),
        scheduled_for: micros(context.scheduled_for()),
        deadline: micros(context.deadline()),
    }
}

fn micros(instant: SystemTime) -> u128 {
    let since = instant.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros()
}
