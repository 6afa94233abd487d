//! One attempt: a store of its own, one instance, one call.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use horarium_core::{
    attempt::{Outcome, Usage},
    executor::{Invocation, StopReason, StopSignal},
    limits::{Fuel, Limits},
    time,
    verdict::Verdict,
};
use jiff::Timestamp;
use wasmtime::{Store, UpdateDeadline};

use crate::{
    bindings::horarium::task::types,
    capture::Capture,
    code::Code,
    end::{End, TimeIsOver},
    plugin::Plugin,
    state::State,
};

/// Bytes that a guest may hand to the host in one call, beyond its output.
const HOST_CALL: u64 = 1 << 20;

/// Handles that a guest's components may give each other.
const COMPONENT_HANDLES: usize = 10_000;

/// Runs a task function once.
pub(crate) async fn run(plugin: &Plugin, invocation: Invocation) -> Outcome {
    let Invocation { spec, run_key, attempt, trigger, scheduled_for, observer, mut stop } =
        invocation;
    let limits = spec.limits;
    let code = match code(plugin, limits.fuel, &mut stop).await {
        Ok(code) => code,
        Err(verdict) => {
            return Outcome { plugin: Some(plugin.digest()), ..Outcome::before_start(verdict) };
        }
    };
    let started = Instant::now();
    let capture = Capture::new(observer, limits.log);
    let mut store = match state(&spec.grants, capture, &limits, started)
        .and_then(|state| store(code, state, &limits))
    {
        Ok(store) => store,
        Err(reason) => {
            let verdict = Verdict::failed(reason);
            return Outcome { plugin: Some(plugin.digest()), ..Outcome::before_start(verdict) };
        }
    };
    let context = types::Context {
        task: spec.name.to_string(),
        function: spec.function.clone(),
        run_id: run_key,
        attempt,
        max_attempts: spec.retry.max_attempts,
        trigger: trigger.as_str().to_owned(),
        scheduled_for: scheduled_for.as_microsecond(),
        deadline: time::add(Timestamp::now(), limits.timeout).as_microsecond(),
    };
    let call = async {
        let guest = code.instantiate(&mut store).await?;
        guest.horarium_task_guest().call_run(&mut store, &context, &spec.args).await
    };
    let end = bounded(call, limits.timeout, stop).await;
    Outcome {
        plugin: Some(plugin.digest()),
        usage: usage(&mut store, &limits, started.elapsed()),
        verdict: end.verdict(store.data(), &limits),
    }
}

/// The code to run. Where it has to be compiled first, that is not the attempt's
/// time: it would hit whoever happens to be the first.
async fn code<'p>(
    plugin: &'p Plugin,
    fuel: Fuel,
    stop: &mut StopSignal,
) -> Result<&'p Code, Verdict> {
    tokio::select! {
        biased;
        code = plugin.code(fuel.into()) => code.map_err(|reason| {
            let message = format!("its plugin can't run with unlimited fuel: {reason}");
            match reason.is_final() {
                true => Verdict::failed_for_good(message),
                false => Verdict::failed(message),
            }
        }),
        reason = stop => Err(match reason {
            StopReason::Cancel => Verdict::Cancelled,
            StopReason::Shutdown => Verdict::Interrupted,
        }),
    }
}

/// An attempt's own state.
pub(crate) fn state(
    grants: &horarium_core::grants::Grants,
    capture: Capture,
    limits: &Limits,
    started: Instant,
) -> Result<State, String> {
    // A timeout beyond what the clock can express is none.
    let deadline =
        started.checked_add(limits.timeout).unwrap_or(started + Duration::from_secs(1 << 32));
    State::new(grants, capture, limits.memory, deadline)
}

/// A store with every limit set.
pub(crate) fn store(code: &Code, state: State, limits: &Limits) -> Result<Store<State>, String> {
    let mut store = Store::new(code.engine(), state);
    store.limiter(|state| &mut state.memory);
    if let Fuel::Limited(limit) = limits.fuel {
        store.set_fuel(limit).map_err(|reason| format!("can't set the fuel: {reason:#}"))?;
    }
    store.set_hostcall_fuel(
        usize::try_from(limits.output.saturating_add(HOST_CALL)).unwrap_or(usize::MAX),
    );
    store.set_max_component_handles(COMPONENT_HANDLES);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|context| {
        if Instant::now() >= context.data().deadline {
            return Err(TimeIsOver.into());
        }
        // Lets others have the thread, and lets a stop be noticed.
        Ok(UpdateDeadline::Yield(1))
    });
    Ok(store)
}

/// Waits for a call, but not beyond the timeout, nor beyond a stop. The timer
/// catches a guest that sleeps in the host, where no epoch reaches it.
pub(crate) async fn bounded(
    call: impl Future<Output = wasmtime::Result<Result<Option<String>, types::Failure>>>,
    timeout: Duration,
    stop: StopSignal,
) -> End {
    let call = pin!(call);
    tokio::select! {
        biased;
        reason = stop => End::Stopped(reason),
        result = tokio::time::timeout(timeout, call) => match result {
            Ok(Ok(answer)) => End::Returned(answer),
            Ok(Err(error)) => End::Broke(error),
            Err(_) => End::TimedOut,
        }
    }
}

fn usage(store: &mut Store<State>, limits: &Limits, wall: Duration) -> Usage {
    let fuel = match limits.fuel {
        Fuel::Limited(limit) => store.get_fuel().ok().map(|left| limit.saturating_sub(left)),
        Fuel::Unlimited => None,
    };
    let state = store.data();
    state.stdout.finish();
    state.stderr.finish();
    state.capture.lock().finish();
    Usage { fuel, peak_memory: state.memory.peak(), wall }
}
