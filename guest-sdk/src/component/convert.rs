//! Between the contract's types and the SDK's own.

use std::time::{Duration, SystemTime};

use super::bindings::{exports::horarium::task::on_failure, horarium::task::types};
use crate::{
    Context, Trigger,
    component::{checkpoint::Saved, start::Book, state::Source},
    plugin::{Description, Failure, FailureKind},
    restart::{Failed, How, Restart},
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
            saved: Saved,
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

impl From<on_failure::FailedAttempt> for Failed {
    fn from(failed: on_failure::FailedAttempt) -> Self {
        let how = match failed.how {
            on_failure::How::Failed => How::Failed,
            on_failure::How::TimedOut => How::TimedOut,
            on_failure::How::OutOfFuel => How::OutOfFuel,
            on_failure::How::OutOfMemory => How::OutOfMemory,
            on_failure::How::Trapped => How::Trapped,
        };
        let ran_for = Duration::from_micros(failed.ran_for);
        Self { context: failed.context.into(), how, message: failed.message, ran_for }
    }
}

impl From<Restart> for on_failure::Decision {
    fn from(restart: Restart) -> Self {
        match restart {
            Restart::ByPolicy => Self::ByPolicy,
            Restart::After(wait) => Self::RetryAfter(micros(wait)),
            Restart::Never => Self::GiveUp,
        }
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
