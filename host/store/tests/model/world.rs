//! The model: what a store is, without how it is stored.

use std::collections::{BTreeMap, HashMap};

use horarium_core::{
    attempt::Lease,
    name::TaskName,
    overlap::Admission,
    run::{Fire, RunEnd, RunId, RunState, Trigger},
    schedule::{Cursor, Schedule},
    transition::Transition,
    verdict::VerdictKind,
};
use jiff::Timestamp;

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) tasks: BTreeMap<TaskName, Task>,
    pub(crate) runs: BTreeMap<RunId, Run>,
    pub(crate) fires: HashMap<Fire, RunId>,
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) active: bool,
    pub(crate) created: Timestamp,
    pub(crate) schedule: Schedule,
    pub(crate) cursor: Cursor,
}

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) fire: Fire,
    pub(crate) place: Place,
    pub(crate) counted: u32,
    pub(crate) leases: i64,
    /// Of each attempt that is over: lease, number, verdict.
    pub(crate) attempts: Vec<(i64, u32, VerdictKind)>,
    pub(crate) log: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Scheduled(Timestamp),
    RetryWait(Timestamp),
    Running { until: Timestamp },
    Over(RunEnd),
}

impl World {
    /// A task's runs that are not over.
    pub(crate) fn unfinished(&self, task: &TaskName) -> u64 {
        let of_task = self.runs.values().filter(|run| run.fire.task == *task);
        of_task.filter(|run| !matches!(run.place, Place::Over(_))).count() as u64
    }

    /// Those of them that this trigger made.
    pub(crate) fn unfinished_by(&self, task: &TaskName, trigger: Trigger) -> u64 {
        let of_task = self.runs.values().filter(|run| run.fire.task == *task);
        let by_trigger = of_task.filter(|run| run.fire.trigger == trigger);
        by_trigger.filter(|run| !matches!(run.place, Place::Over(_))).count() as u64
    }

    /// Waiting runs of active tasks, with the instants they wait for.
    pub(crate) fn waiting(&self) -> BTreeMap<RunId, Timestamp> {
        let active = self.runs.iter().filter(|(_, run)| self.tasks[&run.fire.task].active);
        active.filter_map(|(id, run)| Some((*id, run.due()?))).collect()
    }

    /// The run that this lease may write to.
    pub(crate) fn held(&mut self, lease: Lease) -> Option<&mut Run> {
        let run = self.runs.get_mut(&lease.run)?;
        let held = matches!(run.place, Place::Running { .. }) && run.leases == lease.number;
        held.then_some(run)
    }

    /// A fire that was new got this number.
    pub(crate) fn add(&mut self, id: RunId, fire: Fire, admission: Admission) {
        assert!(self.runs.keys().all(|known| *known < id), "numbers grow");
        assert_eq!(self.fires.insert(fire.clone(), id), None, "a fire has one run");
        let place = match admission {
            Admission::Run => Place::Scheduled(fire.scheduled_for),
            Admission::Skip(reason) => Place::Over(RunEnd::Skipped(reason)),
        };
        let run = Run { fire, place, counted: 0, leases: 0, attempts: Vec::new(), log: Vec::new() };
        self.runs.insert(id, run);
    }
}

impl Run {
    pub(crate) fn due(&self) -> Option<Timestamp> {
        match self.place {
            Place::Scheduled(due) | Place::RetryWait(due) => Some(due),
            Place::Running { .. } | Place::Over(_) => None,
        }
    }

    pub(crate) fn state(&self) -> RunState {
        match self.place {
            Place::Scheduled(_) => RunState::Scheduled,
            Place::RetryWait(_) => RunState::RetryWait,
            Place::Running { .. } => RunState::Running,
            Place::Over(end) => RunState::Ended(end),
        }
    }

    pub(crate) fn start(&mut self, until: Timestamp) {
        assert!(self.due().is_some(), "only what waits may start");
        self.place = Place::Running { until };
        self.counted += 1;
        self.leases += 1;
    }

    pub(crate) fn move_on(&mut self, verdict: VerdictKind, transition: Transition) {
        self.attempts.push((self.leases, self.counted, verdict));
        self.place = match transition {
            Transition::End(end) => Place::Over(end),
            Transition::Retry(due) => Place::RetryWait(due),
            Transition::Refund(due) => {
                self.counted -= 1;
                Place::Scheduled(due)
            }
        };
    }
}
