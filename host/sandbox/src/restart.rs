//! `horarium:task/on-failure`: asking a plugin what is to follow a failed attempt of its own.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    attempt::Observer,
    executor::{Checkpoints, StateSource},
    limits::{Fuel, Limits, show_duration},
    retry::{LONGEST_ASKED, Restart},
    task::TaskSpec,
    verdict::{Verdict, VerdictKind},
};
use wasmtime::Store;

use crate::{
    attempt,
    bindings::{
        horarium::task::types,
        restarting::{RestartingPre, exports::horarium::task::on_failure as contract},
    },
    capability::{checkpoint::Saves, state::Buckets, tasks::Starts},
    capture::{Capture, LINE},
    end::End,
    entry::{Answer, Linked},
    error::LoadError,
    load,
    state::{Own, State},
};

/// What a plugin may use to decide, beside its task's memory.
const TIME: Duration = Duration::from_secs(1);
const FUEL: Fuel = Fuel::Limited(100_000_000);

/// What it may say while it does, in bytes of the attempt's log.
const LOG: u64 = LINE as u64;

/// What a plugin decides by, if it does.
pub(crate) struct Decider(RestartingPre<State>);

/// A failed attempt, and what is left of it.
pub(crate) struct Failed<'a> {
    pub(crate) spec: &'a TaskSpec,
    pub(crate) context: &'a types::Context,
    pub(crate) verdict: &'a Verdict,
    pub(crate) wall: Duration,
    pub(crate) state: Arc<dyn StateSource>,
    pub(crate) checkpoints: Arc<dyn Checkpoints>,
    pub(crate) observer: Arc<dyn Observer>,
}

impl Decider {
    /// What this export is called.
    pub(crate) const EXPORT: &'static str = "horarium:task/on-failure@0.1.0";

    /// # Errors
    /// Where the plugin exports this contract, and something else is behind it.
    pub(crate) fn of(linked: &Linked) -> Result<Option<Self>, LoadError> {
        if linked.component().get_export_index(None, Self::EXPORT).is_none() {
            return Ok(None);
        }
        let pre = RestartingPre::new(linked.instance_pre().clone());
        pre.map(|pre| Some(Self(pre))).map_err(|reason| LoadError::Invalid(load::shown(&reason)))
    }

    /// The task functions that it decides for.
    pub(crate) async fn functions(
        &self,
        store: &mut Store<State>,
    ) -> wasmtime::Result<Vec<String>> {
        let made = self.0.instantiate_async(&mut *store).await?;
        made.horarium_task_on_failure().call_functions(store).await
    }

    /// Asks what is to follow, in an instance of its own. Where there is no answer, the
    /// attempt's log says so, and the retry policy decides.
    pub(crate) async fn decide(&self, failed: Failed<'_>) -> Restart {
        let Failed { spec, context, verdict, wall, .. } = failed;
        let Some(how) = how(verdict.kind()) else { return Restart::ByPolicy };
        let attempt = contract::FailedAttempt {
            context: context.clone(),
            how,
            message: verdict.error().unwrap_or_default(),
            ran_for: u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
        };
        let limits =
            Limits { timeout: TIME, fuel: FUEL, log: spec.limits.log.min(LOG), ..spec.limits };
        let grants = spec.grants.redaction_alone();
        let own = Own {
            capture: Capture::new(failed.observer, limits.log, limits.bounds.log_rate),
            saves: Saves::read_only(failed.checkpoints, &limits.bounds),
            buckets: Buckets::new(spec, failed.state),
            starts: Starts::none(),
        };
        let engine = self.0.instance_pre().component().engine();
        let Ok(mut store) = attempt::apart(engine, &grants, own, &limits).await else {
            return Restart::ByPolicy;
        };
        let mut decision = None;
        let call = async {
            let made = self.0.instantiate_async(&mut store).await?;
            store.data_mut().called = true;
            let asked = made.horarium_task_on_failure().call_decide(&mut store, &attempt).await?;
            decision = Some(asked);
            Ok(Answer::Ok(None))
        };
        let end = attempt::bounded(call, TIME, Box::pin(std::future::pending())).await;
        let (restart, note) = match (end, decision) {
            (End::Returned(_), Some(decision)) => meant(decision),
            (end, _) => {
                let verdict = end.verdict(store.data(), &limits);
                let reason = verdict.error().unwrap_or_else(|| "gave no answer".to_owned());
                let note = format!(
                    "`on-failure` ended with {}: {reason}; the retry policy decides",
                    verdict.kind()
                );
                (Restart::ByPolicy, Some(note))
            }
        };
        let capture = &store.data().capture;
        store.data().stdout.finish();
        store.data().stderr.finish();
        if let Some(note) = note {
            capture.note(&note);
        }
        capture.finish();
        restart
    }
}

/// What a decision comes to, and what the log says of it.
fn meant(decision: contract::Decision) -> (Restart, Option<String>) {
    match decision {
        contract::Decision::ByPolicy => (Restart::ByPolicy, None),
        contract::Decision::GiveUp => {
            (Restart::Never, Some("`on-failure` has decided: no further attempt".to_owned()))
        }
        contract::Decision::RetryAfter(micros) => {
            let wait = Duration::from_micros(micros).min(LONGEST_ASKED);
            let note = match wait.is_zero() {
                true => "`on-failure` has decided: another attempt at once".to_owned(),
                false => {
                    format!("`on-failure` has decided: another attempt in {}", show_duration(wait))
                }
            };
            (Restart::After(wait), Some(note))
        }
    }
}

/// In the contract's words; none where nobody is asked.
fn how(kind: VerdictKind) -> Option<contract::How> {
    match kind {
        VerdictKind::Failed => Some(contract::How::Failed),
        VerdictKind::TimedOut => Some(contract::How::TimedOut),
        VerdictKind::OutOfFuel => Some(contract::How::OutOfFuel),
        VerdictKind::OutOfMemory => Some(contract::How::OutOfMemory),
        VerdictKind::Trapped => Some(contract::How::Trapped),
        VerdictKind::Succeeded
        | VerdictKind::Cancelled
        | VerdictKind::Interrupted
        | VerdictKind::Lost
        | VerdictKind::Conflicted => None,
    }
}
