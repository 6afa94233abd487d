//! What people were told, compared with what happened.

use std::collections::{HashMap, HashSet};

use horarium_core::{
    alert::{Alert, Condition},
    run::{RunEnd, RunState},
    store::RunView,
    verdict::VerdictKind,
};

/// An alert, oldest first, that says what the history does not; none where all is as it
/// should be. A power cut takes back both or neither.
pub(crate) fn wrong(alerts: &[Alert], runs: &[RunView]) -> Option<String> {
    let runs: HashMap<_, _> = runs.iter().map(|run| (run.run, run)).collect();
    let mut raised = HashSet::new();
    alerts.iter().find_map(|alert| {
        let key = (&alert.task, alert.condition);
        let is_known = match alert.raised {
            // A task that was gone in between begins anew.
            true => {
                raised.insert(key);
                true
            }
            false => raised.remove(&key),
        };
        let run = alert.run.map(|run| runs.get(&run).copied());
        let is_shown = match run {
            Some(run) => run.is_some_and(|run| run.task == alert.task && shows(alert, run.state)),
            None => matches!(alert.condition, Condition::Quarantine | Condition::Deadman),
        };
        (!is_known || !is_shown).then(|| format!("{alert:?} of {run:?} makes no sense"))
    })
}

/// Whether a run's state can be what an alert is about.
fn shows(alert: &Alert, state: RunState) -> bool {
    let succeeded = RunState::Ended(RunEnd::Verdict(VerdictKind::Succeeded));
    match (alert.condition, alert.raised) {
        (Condition::Failure | Condition::Quarantine, true) => {
            state.is_ended()
                && state != succeeded
                && !matches!(state, RunState::Ended(RunEnd::Skipped(_)))
        }
        (Condition::Failure | Condition::Deadman, false) => state == succeeded,
        (Condition::Skip, raised) => raised == matches!(state, RunState::Ended(RunEnd::Skipped(_))),
        // What begins late may be anything by now.
        (Condition::Lateness, _) | (Condition::Quarantine, false) | (Condition::Deadman, true) => {
            true
        }
    }
}
