//! What the end of a call means. Decided by types alone, never by an error's text.

use std::borrow::Cow;

use horarium_core::{
    executor::StopReason,
    limits::{Fuel, Limits},
    verdict::{Failure, Trap, Verdict},
};
use wasmtime::{Error, Trap as WasmTrap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::{
    backtrace,
    capability::state::Overtaken,
    entry::{Answer, ExitCode},
    json,
    state::State,
};
use horarium_core::text;

/// The longest message of a failure or trap that is kept, in bytes.
pub(crate) const MESSAGE: usize = 8 << 10;

/// Raised from within the guest when its time is over.
#[derive(Debug, thiserror::Error)]
#[error("the attempt's time is over")]
pub(crate) struct TimeIsOver;

/// How a call into a guest came to an end.
pub(crate) enum End {
    /// It returned.
    Returned(Answer),
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
            Self::Returned(Ok(output)) => success(output, state, limits),
            Self::Returned(Err(Failure { kind, message })) => {
                Verdict::Failed(Failure { kind, message: shown(&message, state) })
            }
            Self::Broke(error) => broken(&error, state, limits),
            Self::TimedOut => Verdict::TimedOut { limit: limits.timeout },
            Self::Stopped(reason) => reason.verdict(),
        }
    }
}

fn success(output: Option<String>, state: &State, limits: &Limits) -> Verdict {
    let Some(output) = output else {
        return Verdict::Succeeded { output: None };
    };
    if let Some(verdict) = too_long(&output, limits) {
        return verdict;
    }
    if let Err(reason) = json::check(&output) {
        return Verdict::failed_for_good(format!("its output is not JSON: {reason}"));
    }
    match state.capture.redactor().redact_json(&output) {
        Ok(Cow::Borrowed(_)) => Verdict::Succeeded { output: Some(output) },
        // What stands for a secret may be longer than that.
        Ok(Cow::Owned(redacted)) => {
            too_long(&redacted, limits).unwrap_or(Verdict::Succeeded { output: Some(redacted) })
        }
        Err(reason) => Verdict::failed_for_good(format!(
            "its output can't be looked through for secrets: {reason}"
        )),
    }
}

fn too_long(output: &str, limits: &Limits) -> Option<Verdict> {
    let length = u64::try_from(output.len()).unwrap_or(u64::MAX);
    (length > limits.output).then(|| {
        let most = limits.output;
        Verdict::failed_for_good(format!("its output has {length} bytes where the limit is {most}"))
    })
}

/// What a guest says of its end. It is cut only after it has no secrets any more:
/// half a secret is not found.
fn shown(message: &str, state: &State) -> String {
    let message = state.capture.redactor().redact(message);
    text::shown(&message, MESSAGE)
}

fn broken(error: &Error, state: &State, limits: &Limits) -> Verdict {
    if let Some(Overtaken(unfit)) = error.downcast_ref() {
        return unfit.verdict();
    }
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
    let stopped = trap.is_some()
        || error.is::<WasmBacktrace>()
        || error.is::<I32Exit>()
        || error.is::<ExitCode>();
    if state.called && !stopped {
        let reason = shown(&format!("{:#}", error.root_cause()), state);
        return Verdict::failed_for_good(format!("what it returned can't be taken: {reason}"));
    }
    // A guest that is refused memory gives up by a trap of its own.
    if let Some(wanted) = state.memory.denied() {
        return Verdict::OutOfMemory { limit: state.memory.limit(), wanted };
    }
    if let Some(code) = error.downcast_ref::<ExitCode>() {
        return Verdict::failed(match state.stderr.last() {
            Some(words) => format!("{code}: {words}"),
            None => code.to_string(),
        });
    }
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        return Verdict::failed(format!("it called exit({code}) instead of returning"));
    }
    let reason = match trap {
        Some(trap) => trap.to_string(),
        None => shown(&format!("{:#}", error.root_cause()), state),
    };
    let message = match &state.panic {
        Some(panic) => panic.clone(),
        None => reason,
    };
    Verdict::Trapped(Trap { message, backtrace: backtrace::of(error) })
}
