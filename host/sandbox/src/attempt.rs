//! One attempt: a store of its own, one instance, one call.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use horarium_core::{
    attempt::{Outcome, Usage},
    executor::{Invocation, StopSignal},
    grants::{Grants, Stdin},
    instance::InstancePolicy,
    limits::{Fuel, Limits},
    retry::Restart,
    rules::Rules,
    task::TaskSpec,
    time,
    verdict::{Verdict, VerdictKind},
};
use jiff::Timestamp;
use wasmtime::{Engine, Store, UpdateDeadline};

use crate::{
    bindings::horarium::task::types,
    capability::{Opened, Outside, checkpoint::Saves, state::Buckets, tasks::Starts},
    capture::Capture,
    end::{End, TimeIsOver},
    engine::Metering,
    entry::{Answer, Linked, Made, Program},
    plugin::Plugin,
    restart::Failed,
    state::{Own, State},
};

/// An instance that has served a run, and may serve the next one of the same task.
pub(crate) struct Warm {
    store: Store<State>,
    made: Made,
    /// Runs that are left to it.
    left: u32,
}

/// Runs a task function once, in `warm` where there is one. What is left of a success
/// comes back, if the task wants it kept.
pub(crate) async fn run(
    plugin: &Plugin,
    outside: &Outside,
    warm: Option<Warm>,
    invocation: Invocation,
) -> (Outcome, Option<Warm>) {
    let Invocation {
        spec,
        run_key,
        attempt,
        trigger,
        scheduled_for,
        state: source,
        checkpoints,
        observer,
        mut stop,
        ..
    } = invocation;
    let limits = spec.limits;
    let refused = |verdict| (refused(plugin, verdict), None);
    let code = match code(plugin, limits.fuel.into(), &mut stop).await {
        Ok(code) => code,
        Err(verdict) => return refused(verdict),
    };
    let started = Instant::now();
    let context = types::Context {
        task: spec.name.to_string(),
        function: spec.function.to_string(),
        run_id: run_key,
        attempt,
        max_attempts: spec.rules.retry.max_attempts,
        trigger: trigger.as_str().to_owned(),
        scheduled_for: scheduled_for.as_microsecond(),
        deadline: time::add(Timestamp::now(), limits.timeout).as_microsecond(),
    };
    let program = match code.program(&spec, &context) {
        Ok(program) => program,
        Err(reason) => return refused(Verdict::failed_for_good(reason)),
    };
    let own = Own {
        capture: Capture::new(observer.clone(), limits.log, limits.bounds.log_rate),
        saves: Saves::new(checkpoints.clone(), &limits.bounds),
        buckets: Buckets::new(&spec, source.clone()),
        starts: Starts::new(spec.grants.tasks.clone(), source.clone()),
    };
    let prepared = match warm {
        Some(warm) => warm.prepared(own, &limits, started),
        None => state(&spec.grants, &program, outside, own, &limits, started)
            .await
            .and_then(|state| store(code.engine(), state, &limits))
            .map(|store| (store, None, runs(code, &spec))),
    };
    let (mut store, mut made, left) = match prepared {
        Ok(prepared) => prepared,
        Err(reason) => return refused(Verdict::failed(reason)),
    };
    let call = async {
        let made = match &mut made {
            Some(made) => made,
            none => none.insert(code.instantiate(&mut store).await?),
        };
        code.call(made, &mut store, &spec, &context).await
    };
    let end = bounded(call, limits.timeout, stop).await;
    // Before the verdict, which may end with the last line that was said.
    let usage = usage(&mut store, &limits, started.elapsed());
    let verdict = end.verdict(store.data(), &limits);
    let effects = match verdict.kind() {
        VerdictKind::Succeeded => Arc::new(store.data_mut().take_effects()),
        _ => Arc::default(),
    };
    let left = left - 1;
    let made = made.filter(|_| left > 0 && verdict.kind() == VerdictKind::Succeeded);
    // Its place is free again for whoever decides what follows.
    let warm = made.map(|made| Warm { store, made, left });
    let restart = match plugin.decider(&spec.function) {
        Some(decider) if is_retried(&spec, &verdict, attempt) => {
            let (spec, context, wall, state) = (&*spec, &context, usage.wall, source);
            let verdict = &verdict;
            let failed = Failed { spec, context, verdict, wall, state, checkpoints, observer };
            decider.decide(failed).await
        }
        _ => Restart::ByPolicy,
    };
    let outcome = Outcome { verdict, usage, plugin: Some(plugin.digest()), effects, restart };
    (outcome, warm)
}

/// Whether another attempt follows this one, by the task's own rules.
fn is_retried(spec: &TaskSpec, verdict: &Verdict, attempt: u32) -> bool {
    let Rules { retry, on_lost, .. } = &spec.rules;
    retry.decide(*on_lost, verdict, Restart::ByPolicy, attempt, 0.5).is_some()
}

/// What comes of an attempt that could not begin.
pub(crate) fn refused(plugin: &Plugin, verdict: Verdict) -> Outcome {
    Outcome { plugin: Some(plugin.digest()), ..Outcome::before_start(verdict) }
}

/// How many runs an instance of a task is for. The configuration refuses what is left
/// out here.
fn runs(code: &Linked, spec: &TaskSpec) -> u32 {
    let is_lasting = code.is_lasting(&spec.function) && spec.grants.stdin == Stdin::Empty;
    match spec.instance {
        InstancePolicy::Reuse(runs) if is_lasting => runs.get(),
        _ => 1,
    }
}

impl Warm {
    /// Everything that an attempt is given, given once more.
    fn prepared(
        self,
        own: Own,
        limits: &Limits,
        started: Instant,
    ) -> Result<(Store<State>, Option<Made>, u32), String> {
        let Self { mut store, made, left } = self;
        store.data_mut().renew(own, deadline(limits, started));
        charge(&mut store, limits)?;
        Ok((store, Some(made), left))
    }
}

/// The code to run. Where it has to be compiled first, that is not the attempt's
/// time: it would hit whoever happens to be the first.
pub(crate) async fn code<'p>(
    plugin: &'p Plugin,
    metering: Metering,
    stop: &mut StopSignal,
) -> Result<&'p Linked, Verdict> {
    tokio::select! {
        biased;
        code = plugin.code(metering) => code.map_err(|reason| {
            let message = format!("its plugin can't run with unlimited fuel: {reason}");
            match reason.is_final() {
                true => Verdict::failed_for_good(message),
                false => Verdict::failed(message),
            }
        }),
        reason = stop => Err(reason.verdict()),
    }
}

/// A store for a question to a plugin, apart from any attempt: nothing is behind it but what
/// `own` has.
pub(crate) async fn apart(
    engine: &Engine,
    grants: &Grants,
    own: Own,
    limits: &Limits,
) -> Result<Store<State>, String> {
    let (program, outside) = (Program::default(), Outside::default());
    let state = state(grants, &program, &outside, own, limits, Instant::now()).await?;
    store(engine, state, limits)
}

/// An attempt's own state.
async fn state(
    grants: &Grants,
    program: &Program,
    outside: &Outside,
    own: Own,
    limits: &Limits,
    started: Instant,
) -> Result<State, String> {
    let deadline = deadline(limits, started);
    let opened = tokio::time::timeout(limits.timeout, Opened::of(grants))
        .await
        .map_err(|_| "what is granted could not be opened in time".to_owned())??;
    State::new(grants, program, opened, outside, own, limits, deadline)
}

fn deadline(limits: &Limits, started: Instant) -> Instant {
    // A timeout beyond what the clock can express is none.
    started.checked_add(limits.timeout).unwrap_or(started + Duration::from_secs(1 << 32))
}

/// A store with every limit set.
fn store(engine: &Engine, state: State, limits: &Limits) -> Result<Store<State>, String> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    let count = |bound: u64| usize::try_from(bound).unwrap_or(usize::MAX);
    // What it returns passes the same way as what it hands to the host's functions.
    store.set_hostcall_fuel(count(limits.bounds.host_call.saturating_add(limits.output)));
    store.set_max_component_handles(count(limits.bounds.handles));
    charge(&mut store, limits)?;
    store.epoch_deadline_callback(|context| {
        if Instant::now() >= context.data().deadline {
            return Err(TimeIsOver.into());
        }
        // Lets others have the thread, and lets a stop be noticed.
        Ok(UpdateDeadline::Yield(1))
    });
    Ok(store)
}

/// Gives a store what an attempt may use up.
fn charge(store: &mut Store<State>, limits: &Limits) -> Result<(), String> {
    if let Fuel::Limited(limit) = limits.fuel {
        store.set_fuel(limit).map_err(|reason| format!("can't set the fuel: {reason:#}"))?;
    }
    store.set_epoch_deadline(1);
    Ok(())
}

/// Waits for a call, but not beyond the timeout, nor beyond a stop. The timer
/// catches a guest that sleeps in the host, where no epoch reaches it.
pub(crate) async fn bounded(
    call: impl Future<Output = wasmtime::Result<Answer>>,
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
    state.capture.finish();
    Usage { fuel, peak_memory: state.memory.peak(), wall }
}
