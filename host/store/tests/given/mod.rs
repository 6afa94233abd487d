//! Words to set a scene with. Seconds count from 1970.

use horarium_core::{
    Store,
    attempt::{AttemptEnd, Lease, Outcome},
    name::TaskName,
    overlap::Overlap,
    run::{RunEnd, RunId, Trigger},
    schedule::{Cursor, Schedule},
    store::{
        Claim, ClaimedRun, Finish, NewFire, RecordedFire, Registration, RunQuery, RunView,
        TaskFires,
    },
    transition::Transition,
    verdict::Verdict,
};
use jiff::Timestamp;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn name(task: &str) -> TaskName {
    task.parse().unwrap()
}

/// Makes these the active tasks, with no schedule of their own.
pub(crate) async fn tasks<S: Store>(store: &S, names: &[&str]) {
    let registrations = names.iter().map(|task| Registration {
        task: name(task),
        schedule: Schedule::Manual,
        overlap: Overlap::Skip,
        deadman: None,
        follower: None,
    });
    let states = store.register(registrations.collect(), at(0)).await;
    assert_eq!(states.unwrap().len(), names.len());
}

/// What a look at `task` finds due at these instants.
pub(crate) fn due(task: &str, seconds: &[i64]) -> TaskFires {
    TaskFires {
        task: name(task),
        trigger: Trigger::Schedule,
        fires: seconds.iter().map(|second| NewFire::at(at(*second))).collect(),
        passed: None,
        cursor: Cursor::Considered(at(seconds.last().copied().unwrap_or_default())),
        overlap: Overlap::Skip,
    }
}

/// Records one fire of a task, at its very instant.
pub(crate) async fn fire<S: Store>(store: &S, task: &str, second: i64) -> RecordedFire {
    let recorded = store.record_fires(vec![due(task, &[second])], at(second));
    recorded.await.unwrap().remove(0)
}

/// Claims up to `limit` runs for half a minute.
pub(crate) async fn claim<S: Store>(store: &S, limit: u32, now: i64) -> Vec<ClaimedRun> {
    let claim = Claim { node: "here".to_owned(), limit, now: at(now), until: at(now + 30) };
    store.claim(claim).await.unwrap().runs
}

/// Fires a task and claims its run.
pub(crate) async fn running<S: Store>(store: &S, task: &str, second: i64) -> ClaimedRun {
    let run = fire(store, task, second).await.run;
    let mut claimed = claim(store, 1, second).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].lease.run, run);
    claimed.remove(0)
}

pub(crate) fn success() -> Verdict {
    Verdict::Succeeded { output: None }
}

/// The end of an attempt that moves its run by `transition`.
pub(crate) fn finish(
    lease: Lease,
    second: i64,
    verdict: Verdict,
    transition: Transition,
) -> Finish {
    Finish {
        lease,
        end: AttemptEnd { at: at(second), outcome: Outcome::before_start(verdict) },
        transition,
        conflicted: Transition::Refund(at(second + 1)),
        refused: Transition::Refund(at(second + 1)),
        children: Vec::new(),
        follow_up: None,
        log: Vec::new(),
        quarantine: None,
    }
}

/// The end of an attempt and of its run.
pub(crate) fn end(lease: Lease, second: i64, verdict: Verdict) -> Finish {
    let transition = Transition::End(RunEnd::Verdict(verdict.kind()));
    finish(lease, second, verdict, transition)
}

/// A run that must be there.
pub(crate) async fn run<S: Store>(store: &S, run: RunId) -> RunView {
    store.run(run).await.unwrap().unwrap()
}

/// All runs, newest first.
pub(crate) async fn runs<S: Store>(store: &S) -> Vec<RunView> {
    let all = RunQuery { limit: u32::MAX, ..RunQuery::default() };
    store.runs(all).await.unwrap()
}
