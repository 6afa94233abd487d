//! Between the contract's types and the SDK's own.

use std::time::{Duration, SystemTime};

use super::bindings::horarium::task::types;
use crate::{
    Context, Trigger,
    component::{start::Book, state::Source},
    plugin::{Description, Failure, FailureKind},
};

impl From<types::Context> for Context {
    fn from(context: types::Context) -> Self {
        Self {
            task: context.task,
            function: context.function,
            run_id: context.run_id,
            attempt: context.attempt,
            max_attempts: context.max_attempts,
            trigger: Trigger::from(context.trigger.as_str()),
            scheduled_for: system_time(context.scheduled_for),
            deadline: system_time(context.deadline),
            state: Source,
            book: Book,
        }
    }
}

impl From<Description> for types::TaskFunction {
    fn from(function: Description) -> Self {
        Self {
            name: function.name,
            summary: function.summary,
            args_schema: function.args_schema,
            defaults: function.defaults,
        }
    }
}

impl From<Failure> for types::Failure {
    fn from(failure: Failure) -> Self {
        let kind = match failure.kind {
            FailureKind::Retry => types::FailureKind::Retry,
            FailureKind::RetryAfter(delay) => types::FailureKind::RetryAfter(micros(delay)),
            FailureKind::Permanent => types::FailureKind::Permanent,
        };
        Self { kind, message: failure.message }
    }
}

/// WASI has no time before 1970, so earlier instants become its first.
fn system_time(micros: types::Instant) -> SystemTime {
    let since_epoch = Duration::from_micros(micros.try_into().unwrap_or(0));
    SystemTime::UNIX_EPOCH + since_epoch
}

/// Too long for the contract is the longest that it can say.
pub(super) fn micros(delay: Duration) -> types::Duration {
    delay.as_micros().try_into().unwrap_or(u64::MAX)
}
