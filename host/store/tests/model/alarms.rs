//! What the model knows of alerts: which conditions hold, and how often each began and
//! ended.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use horarium_core::{
    alert::{Alert, Condition},
    name::TaskName,
    run::{RunId, Trigger},
    time,
};
use jiff::Timestamp;

use crate::world::{Place, Run, Task, World};

#[derive(Debug, Default)]
pub(crate) struct Alarms {
    holding: BTreeSet<(TaskName, Condition)>,
    told: BTreeMap<(TaskName, Condition, bool), u32>,
}

impl Alarms {
    fn raise(&mut self, task: &TaskName, condition: Condition) {
        if self.holding.insert((task.clone(), condition)) {
            *self.told.entry((task.clone(), condition, true)).or_default() += 1;
        }
    }

    pub(crate) fn clear(&mut self, task: &TaskName, condition: Condition) {
        if self.holding.remove(&(task.clone(), condition)) {
            *self.told.entry((task.clone(), condition, false)).or_default() += 1;
        }
    }

    /// It does not hold any more, and nobody hears of that.
    pub(crate) fn forget(&mut self, task: &TaskName, condition: Condition) {
        self.holding.remove(&(task.clone(), condition));
    }

    pub(crate) fn agrees(&self, alerts: impl Iterator<Item = Alert>) {
        let mut told = BTreeMap::new();
        for alert in alerts {
            *told.entry((alert.task, alert.condition, alert.raised)).or_default() += 1;
        }
        assert_eq!(told, self.told);
    }
}

impl Task {
    /// When it should have succeeded.
    fn dead_at(&self) -> Option<Timestamp> {
        let deadman = self.deadman.filter(|_| self.active)?;
        Some(time::add(self.proven_at, Duration::from_secs(deadman)))
    }
}

impl Run {
    /// From when on it is late while it waits, and nobody knows.
    fn late_at(&self, task: &Task) -> Option<Timestamp> {
        let waits = matches!(self.place, Place::Scheduled(_)) && (self.held || task.is_open());
        self.late_at.filter(|_| waits && self.leases == 0 && !self.known_late)
    }
}

impl World {
    /// Something is wrong with a task; nobody cares where it is gone.
    pub(crate) fn raise(&mut self, task: &TaskName, condition: Condition) {
        if self.tasks[task].active {
            self.alarms.raise(task, condition);
        }
    }

    /// Tasks that should have succeeded are noticed.
    pub(crate) fn notice_dead(&mut self, now: Timestamp) {
        for (name, task) in &self.tasks {
            if task.dead_at().is_some_and(|at| at <= now) {
                self.alarms.raise(name, Condition::Deadman);
            }
        }
    }

    /// Runs that should have begun are noticed.
    pub(crate) fn notice_late(&mut self, now: Timestamp) {
        for run in self.runs.values_mut() {
            let task = &self.tasks[&run.fire.task];
            if run.late_at(task).is_some_and(|at| at <= now) {
                run.known_late = true;
                if task.active {
                    self.alarms.raise(&run.fire.task, Condition::Lateness);
                }
            }
        }
    }

    /// A run is about to begin for the first time.
    pub(crate) fn begins(&mut self, run: RunId, now: Timestamp) {
        let run = &self.runs[&run];
        if run.leases > 0 {
            return;
        }
        match run.late_at {
            Some(at) if run.known_late || at <= now => {
                let task = run.fire.task.clone();
                self.raise(&task, Condition::Lateness);
            }
            _ if run.fire.trigger == Trigger::Backfill => {}
            _ => self.alarms.clear(&run.fire.task, Condition::Lateness),
        }
    }

    /// When somebody has to look again.
    pub(crate) fn next_look(&self) -> Option<Timestamp> {
        let expiring = self.expiring().into_values().map(|(at, _)| at);
        let late = self.runs.values().filter_map(|run| run.late_at(&self.tasks[&run.fire.task]));
        let holds =
            |name: &TaskName| self.alarms.holding.contains(&(name.clone(), Condition::Deadman));
        let alive = self.tasks.iter().filter(|(name, _)| !holds(name));
        expiring.chain(late).chain(alive.filter_map(|(_, task)| task.dead_at())).min()
    }
}
