//! What never happens, as seen from outside and without the model.

use std::collections::{HashMap, HashSet};

use horarium_core::{
    Store,
    run::{RunId, RunState},
    store::{AttemptView, RunQuery, RunView},
    verdict::VerdictKind,
};

#[derive(Default)]
pub(crate) struct Never {
    before: HashMap<RunId, RunView>,
}

impl Never {
    pub(crate) async fn happens<S: Store>(&mut self, store: &S) {
        let all = RunQuery { limit: u32::MAX, ..RunQuery::default() };
        let runs = store.runs(all).await.unwrap();
        a_fire_twice(&runs);
        for run in &runs {
            self.a_return_from_the_end(run);
            if run.started_at.is_some() {
                let attempts = store.attempts(run.run).await.unwrap();
                two_attempts_under_one_lease(&attempts);
                a_wrong_count(run, &attempts);
                a_result_of_somebody_else(run, &attempts);
            }
        }
        assert!(runs.len() >= self.before.len(), "a run is never forgotten");
        self.before = runs.into_iter().map(|run| (run.run, run)).collect();
    }

    fn a_return_from_the_end(&self, run: &RunView) {
        if let Some(before) = self.before.get(&run.run)
            && before.state.is_ended()
        {
            assert_eq!(before, run);
        }
    }
}

fn a_fire_twice(runs: &[RunView]) {
    let fires: HashSet<_> =
        runs.iter().map(|run| (&run.task, run.trigger, run.scheduled_for)).collect();
    assert_eq!(fires.len(), runs.len());
}

fn two_attempts_under_one_lease(attempts: &[AttemptView]) {
    assert!(attempts.is_sorted_by(|one, next| one.lease < next.lease));
}

fn a_wrong_count(run: &RunView, attempts: &[AttemptView]) {
    let counted =
        attempts.iter().filter(|attempt| attempt.verdict != Some(VerdictKind::Interrupted));
    assert_eq!(run.attempts as usize, counted.count());
    let running: Vec<_> = attempts.iter().filter(|attempt| attempt.ended_at.is_none()).collect();
    assert_eq!(running.len(), usize::from(run.state == RunState::Running));
    assert!(running.iter().all(|attempt| attempt.attempt == run.attempts));
}

/// A success says under which lease it was achieved.
fn a_result_of_somebody_else(run: &RunView, attempts: &[AttemptView]) {
    let last = attempts.last().map(|attempt| attempt.lease.to_string());
    assert!(run.output.is_none() || run.output == last);
}
