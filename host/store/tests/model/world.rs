//! The model: what a store is, without how it is stored.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use horarium_core::{
    attempt::Lease,
    name::TaskName,
    overlap::{Admission, Backlog, Overlap},
    run::{Expiry, Fire, RunEnd, RunId, RunState, Trigger},
    schedule::{Cursor, Schedule},
    store::{CancelledRun, NewFire, Pause},
    transition::Transition,
    verdict::VerdictKind,
};
use jiff::Timestamp;

use crate::alarms::Alarms;

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) tasks: BTreeMap<TaskName, Task>,
    pub(crate) runs: BTreeMap<RunId, Run>,
    pub(crate) fires: HashMap<Fire, RunId>,
    pub(crate) keys: HashMap<(TaskName, String), RunId>,
    pub(crate) alarms: Alarms,
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) active: bool,
    pub(crate) created: Timestamp,
    pub(crate) schedule: Schedule,
    pub(crate) cursor: Cursor,
    pub(crate) overlap: Overlap,
    pub(crate) pause: Option<Pause>,
    pub(crate) failures: u64,
    /// Seconds.
    pub(crate) deadman: Option<u64>,
    pub(crate) proven_at: Timestamp,
}

impl Task {
    pub(crate) fn is_open(&self) -> bool {
        self.active && self.pause.is_none()
    }
}

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) fire: Fire,
    pub(crate) created: Timestamp,
    /// When its last attempt was taken up.
    pub(crate) began: Option<Timestamp>,
    pub(crate) place: Place,
    /// It waits for an earlier run of its task.
    pub(crate) held: bool,
    /// Its time had come when somebody looked, and stays so where the clock goes back.
    pub(crate) ripe: bool,
    pub(crate) cancelled: bool,
    pub(crate) priority: i8,
    pub(crate) start_by: Option<Timestamp>,
    pub(crate) end_by: Option<Timestamp>,
    pub(crate) late_at: Option<Timestamp>,
    pub(crate) known_late: bool,
    pub(crate) counted: u32,
    pub(crate) leases: i64,
    /// Of each attempt that is over: lease, number, verdict.
    pub(crate) attempts: Vec<(i64, u32, VerdictKind)>,
    pub(crate) log: Vec<String>,
}

/// A run that waits for its time or a claim.
pub(crate) struct Waiting {
    pub(crate) ripe: bool,
    /// Which goes first.
    pub(crate) order: (Reverse<i8>, Timestamp),
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

    /// A task's runs that are not over, as its overlap policy sees them.
    pub(crate) fn backlog(&self, task: &TaskName) -> Backlog {
        let of_task = || {
            let of_task = self.runs.values().filter(|run| run.fire.task == *task);
            of_task.filter(|run| run.fire.trigger != Trigger::Backfill)
        };
        let held = of_task().filter(|run| run.held).count() as u64;
        Backlog { entered: of_task().filter(|run| run.has_slot()).count() as u64, held }
    }

    /// Whether all slots of a task are taken.
    pub(crate) fn is_full(&self, task: &TaskName) -> bool {
        let of_task = self.runs.values().filter(|run| run.fire.task == *task);
        let taken = of_task.filter(|run| run.has_slot()).count() as u64;
        self.tasks[task].overlap.slots().is_some_and(|slots| taken >= slots)
    }

    /// Gives free slots to those that wait for them.
    pub(crate) fn promote(&mut self, task: &TaskName) {
        if !self.tasks[task].is_open() {
            return;
        }
        let mut held: Vec<_> = self.runs.iter_mut().collect();
        held.retain(|(_, run)| run.fire.task == *task && run.held);
        held.sort_by_key(|(id, run)| (run.fire.trigger == Trigger::Backfill, **id));
        let order: Vec<_> = held.into_iter().map(|(id, _)| *id).collect();
        for id in order {
            if self.is_full(task) {
                return;
            }
            if let Some(run) = self.runs.get_mut(&id) {
                run.held = false;
                run.ripe = true;
            }
        }
    }

    /// Looks whose time has come, of one task or of all.
    pub(crate) fn ripen(&mut self, task: Option<&TaskName>, now: Timestamp) {
        for run in self.runs.values_mut() {
            let known = &self.tasks[&run.fire.task];
            let due = run.due().is_some_and(|due| due <= now);
            let wanted = task.is_none_or(|task| run.fire.task == *task);
            if run.ripe || run.held || !due || !wanted || !known.is_open() {
                continue;
            }
            // It has kept its slot, or needs none, or waits for one.
            let enters =
                matches!(run.place, Place::RetryWait(_)) || known.overlap.slots().is_none();
            (run.ripe, run.held) = (enters, !enters);
        }
        let names: Vec<_> = self.tasks.keys().cloned().collect();
        for name in names.iter().filter(|name| task.is_none_or(|task| *name == task)) {
            self.promote(name);
        }
    }

    /// Looks whether this one, which has a slot, may begin.
    pub(crate) fn ripen_one(&mut self, run: RunId, now: Timestamp) {
        if let Some(run) = self.runs.get_mut(&run) {
            run.ripen(self.tasks[&run.fire.task].is_open(), now);
        }
    }

    /// Forgets whose time had come: the task is put aside.
    pub(crate) fn park(&mut self, task: &TaskName) {
        let of_task = self.runs.values_mut().filter(|run| run.fire.task == *task);
        of_task.for_each(|run| run.ripe = false);
    }

    /// Runs that wait for nothing but their time and a claim: priority, and instant.
    pub(crate) fn waiting(&self) -> BTreeMap<RunId, Waiting> {
        let open = self.runs.iter().filter(|(_, run)| self.tasks[&run.fire.task].is_open());
        let entered = open.filter(|(_, run)| !run.held);
        let waiting = |run: &Run| {
            let due = run.due()?;
            Some(Waiting { ripe: run.ripe, order: (Reverse(run.priority), due) })
        };
        entered.filter_map(|(id, run)| Some((*id, waiting(run)?))).collect()
    }

    /// Runs that wait in vain from some instant on.
    pub(crate) fn expiring(&self) -> BTreeMap<RunId, (Timestamp, Expiry)> {
        let waiting = self.runs.iter().filter(|(_, run)| run.due().is_some());
        waiting.filter_map(|(id, run)| Some((*id, run.expiry()?))).collect()
    }

    /// The run that this lease may write to.
    pub(crate) fn held(&mut self, lease: Lease) -> Option<&mut Run> {
        let run = self.runs.get_mut(&lease.run)?;
        let held = matches!(run.place, Place::Running { .. }) && run.leases == lease.number;
        held.then_some(run)
    }

    /// A fire that was new got this number.
    pub(crate) fn add(
        &mut self,
        id: RunId,
        fire: Fire,
        new: &NewFire,
        admission: Admission,
        now: Timestamp,
    ) {
        assert!(self.runs.keys().all(|known| *known < id), "numbers grow");
        assert_eq!(self.fires.insert(fire.clone(), id), None, "a fire has one run");
        let place = match admission {
            Admission::Skip(reason) => Place::Over(RunEnd::Skipped(reason)),
            Admission::Enter | Admission::Hold | Admission::Replace => Place::Scheduled(new.due_at),
        };
        let open = self.tasks[&fire.task].is_open();
        let mut run = Run {
            fire,
            created: now,
            began: None,
            place,
            held: admission == Admission::Hold && new.due_at <= now,
            ripe: false,
            cancelled: false,
            priority: new.priority,
            start_by: new.start_by,
            end_by: new.end_by,
            late_at: new.late_at,
            known_late: false,
            counted: 0,
            leases: 0,
            attempts: Vec::new(),
            log: Vec::new(),
        };
        if !run.held {
            run.ripen(open, now);
        }
        self.runs.insert(id, run);
    }
}

impl Run {
    /// Whether it has one of its task's slots.
    fn has_slot(&self) -> bool {
        match self.place {
            Place::Running { .. } | Place::RetryWait(_) => true,
            Place::Scheduled(_) => self.ripe,
            Place::Over(_) => false,
        }
    }

    pub(crate) fn due(&self) -> Option<Timestamp> {
        match self.place {
            Place::Scheduled(due) | Place::RetryWait(due) => Some(due),
            Place::Running { .. } | Place::Over(_) => None,
        }
    }

    /// When waiting is over in vain, and for what reason by then.
    fn expiry(&self) -> Option<(Timestamp, Expiry)> {
        let start = self.start_by.filter(|_| self.leases == 0).map(|at| (at, Expiry::Start));
        let run = self.end_by.map(|at| (at, Expiry::Run));
        start.into_iter().chain(run).min_by_key(|(at, _)| *at)
    }

    fn ripen(&mut self, open: bool, now: Timestamp) {
        self.ripe |= open && self.due().is_some_and(|due| due <= now);
    }

    /// What is told of it where it waits and is cancelled.
    pub(crate) fn cancelled_as(&self, run: RunId) -> CancelledRun {
        CancelledRun { run, fire: self.fire.clone(), created_at: self.created }
    }

    /// Ends it where it waits; where it runs, returns its lease.
    pub(crate) fn cancel(&mut self) -> Option<i64> {
        match self.place {
            Place::Over(_) => None,
            Place::Running { .. } => {
                self.cancelled = true;
                Some(self.leases)
            }
            Place::Scheduled(_) | Place::RetryWait(_) => {
                self.end(RunEnd::Verdict(VerdictKind::Cancelled));
                None
            }
        }
    }

    pub(crate) fn end(&mut self, end: RunEnd) {
        self.place = Place::Over(end);
        self.held = false;
        self.ripe = false;
    }

    pub(crate) fn state(&self) -> RunState {
        match self.place {
            Place::Scheduled(_) => RunState::Scheduled,
            Place::RetryWait(_) => RunState::RetryWait,
            Place::Running { .. } => RunState::Running,
            Place::Over(end) => RunState::Ended(end),
        }
    }

    pub(crate) fn start(&mut self, now: Timestamp, until: Timestamp) {
        assert!(self.due().is_some() && !self.held, "only what waits for a claim may start");
        self.place = Place::Running { until };
        self.began = Some(now);
        self.ripe = false;
        self.counted += 1;
        self.leases += 1;
    }

    pub(crate) fn move_on(&mut self, verdict: VerdictKind, transition: Transition) {
        self.attempts.push((self.leases, self.counted, verdict));
        // What was interrupted is not counted, whatever becomes of the run.
        self.counted -= u32::from(verdict == VerdictKind::Interrupted);
        self.place = match transition {
            Transition::End(end) => Place::Over(end),
            Transition::Retry(due) => Place::RetryWait(due),
            Transition::Refund(due) => Place::Scheduled(due),
        };
    }
}
