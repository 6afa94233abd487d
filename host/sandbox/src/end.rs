//! What the end of a call means. Decided by types alone, never by an error's text.

use std::time::Duration;

use horarium_core::{
    executor::StopReason,
    limits::{Fuel, Limits},
    verdict::{Failure, FailureKind, Trap, Verdict},
};
use wasmtime::{Error, Trap as WasmTrap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::{backtrace, bindings::horarium::task::types, json, state::State};
use horarium_core::text;

/// The longest message of a failure or trap that is kept, in bytes.
const MESSAGE: usize = 8 << 10;

/// Raised from within the guest when its time is over.
#[derive(Debug, thiserror::Error)]
#[error("the attempt's time is over")]
pub(crate) struct TimeIsOver;

/// How a call into a guest came to an end.
pub(crate) enum End {
    /// It returned.
    Returned(Result<Option<String>, types::Failure>),
    /// It did not return: a trap, a limit, a host function's refusal.
    Broke(Error),
    /// Its time was over while it slept in the host.
    TimedOut,
    /// Somebody stopped it.
    Stopped(StopReason),
}

impl End {
    /// The verdict on an attempt that ended so.
    pub(crate) fn verdict(self, state: &State, limits: &Limits) -> Verdict {
        match self {
            Self::Returned(Ok(output)) => success(output, limits),
            Self::Returned(Err(failure)) => Verdict::Failed(fit(failure)),
            Self::Broke(error) => broken(&error, state, limits),
            Self::TimedOut => Verdict::TimedOut { limit: limits.timeout },
            Self::Stopped(StopReason::Cancel) => Verdict::Cancelled,
            Self::Stopped(StopReason::Shutdown) => Verdict::Interrupted,
        }
    }
}

fn success(output: Option<String>, limits: &Limits) -> Verdict {
    let Some(output) = output else {
        return Verdict::Succeeded { output: None };
    };
    let length = u64::try_from(output.len()).unwrap_or(u64::MAX);
    if length > limits.output {
        return Verdict::failed_for_good(format!(
            "its output has {length} bytes where the limit is {}",
            limits.output
        ));
    }
    if let Err(reason) = json::check(&output) {
        return Verdict::failed_for_good(format!("its output is not JSON: {reason}"));
    }
    Verdict::Succeeded { output: Some(output) }
}

fn fit(failure: types::Failure) -> Failure {
    let kind = match failure.kind {
        types::FailureKind::Retry => FailureKind::Retry,
        types::FailureKind::RetryAfter(us) => FailureKind::RetryAfter(Duration::from_micros(us)),
        types::FailureKind::Permanent => FailureKind::Permanent,
    };
    Failure { kind, message: text::escape(text::beginning(&failure.message, MESSAGE)) }
}

fn broken(error: &Error, state: &State, limits: &Limits) -> Verdict {
    if error.is::<TimeIsOver>() {
        return Verdict::TimedOut { limit: limits.timeout };
    }
    let trap = error.downcast_ref::<WasmTrap>();
    if trap == Some(&WasmTrap::OutOfFuel) {
        let limit = match limits.fuel {
            Fuel::Limited(limit) => limit,
            Fuel::Unlimited => u64::MAX,
        };
        return Verdict::OutOfFuel { limit };
    }
    // Whatever stops the guest leaves a backtrace. Without one it had returned
    // already, and what it returned is broken, or too much to be copied.
    if state.called && trap.is_none() && !error.is::<I32Exit>() && !error.is::<WasmBacktrace>() {
        return Verdict::failed_for_good(format!(
            "what it returned can't be taken: {}",
            text::escape(text::beginning(&format!("{:#}", error.root_cause()), MESSAGE))
        ));
    }
    // A guest that is refused memory gives up by a trap of its own.
    if let Some(wanted) = state.memory.denied() {
        return Verdict::OutOfMemory { limit: state.memory.limit(), wanted };
    }
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        return Verdict::failed(format!("it called exit({code}) instead of returning"));
    }
    let reason = match trap {
        Some(trap) => trap.to_string(),
        None => text::escape(text::beginning(&format!("{:#}", error.root_cause()), MESSAGE)),
    };
    let message = match &state.panic {
        Some(panic) => panic.clone(),
        None => reason,
    };
    Verdict::Trapped(Trap { message, backtrace: backtrace::of(error) })
}
