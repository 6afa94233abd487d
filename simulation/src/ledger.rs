//! What was promised, written down beside the store, and compared with what it does.

use std::collections::{HashMap, HashSet};

use horarium_core::{
    attempt::Lease,
    name::TaskName,
    overlap::Admission,
    run::{Fire, RunId, RunState, Trigger},
    store::{
        Backfilled, Cancelled, Claims, Finish, Finished, RecordedFire, RunView, Scope, Started,
    },
    transition::Transition,
    verdict::Verdict,
};
use jiff::Timestamp;

use crate::tasks;

/// What there is one run for.
type Identity = (TaskName, Trigger, Timestamp);

/// What is known of a run.
#[derive(Debug, Clone)]
struct Note {
    fire: Fire,
    /// The last lease that was handed out.
    lease: i64,
    running: bool,
    over: bool,
    /// Attempts that count.
    used: u32,
    /// Those of them that failed.
    failures: u32,
}

/// Everything that was seen to happen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    runs: HashMap<RunId, Note>,
    identities: HashSet<Identity>,
    /// How often a guest began: what nothing takes back.
    begun: HashMap<Identity, u32>,
    /// Which lease a run's guest belongs to, by the run's key.
    leases: HashMap<String, Lease>,
    /// Tasks of which nothing may start.
    paused: HashSet<TaskName>,
    /// Nothing may start.
    all_paused: bool,
    /// What was saved last for a run's next attempt.
    checkpoints: HashMap<RunId, Vec<u8>>,
    /// How the store showed runs that were over.
    ended: HashMap<RunId, RunView>,
    /// The first promise that was broken.
    pub(crate) broken: Option<String>,
}

impl Ledger {
    fn hold(&mut self, kept: bool, promise: impl FnOnce() -> String) {
        if !kept && self.broken.is_none() {
            self.broken = Some(promise());
        }
    }

    fn note(&mut self, run: RunId, fire: &Fire) -> &mut Note {
        self.runs.entry(run).or_insert_with(|| Note {
            fire: fire.clone(),
            lease: 0,
            running: false,
            over: false,
            used: 0,
            failures: 0,
        })
    }

    /// The power was cut. What guests have done, they have done.
    pub(crate) fn go_back_to(&mut self, before: Self) {
        let begun = std::mem::take(&mut self.begun);
        let broken = self.broken.take();
        *self = Self { begun, broken, ..before };
    }

    /// Runs were made.
    pub(crate) fn recorded(&mut self, fires: &[RecordedFire]) {
        for recorded in fires {
            let Fire { task, trigger, scheduled_for } = recorded.fire.clone();
            let new = self.identities.insert((task, trigger, scheduled_for));
            self.hold(new, || format!("{:?} has a second run, {}", recorded.fire, recorded.run));
            let known = self.runs.contains_key(&recorded.run);
            self.hold(!known, || format!("the number {} is given twice", recorded.run));
            let skipped = matches!(recorded.admission, Admission::Skip(_));
            self.note(recorded.run, &recorded.fire).over = skipped;
        }
    }

    /// Somebody asked for a run.
    pub(crate) fn started(&mut self, started: &Started) {
        match started {
            Started::New(recorded) => self.recorded(std::slice::from_ref(recorded)),
            Started::Known(run) => {
                let known = self.runs.contains_key(run);
                self.hold(known, || format!("a key stands for {run}, which never was"));
            }
            Started::Refused(_) => {}
        }
    }

    /// Instants were made up for.
    pub(crate) fn backfilled(&mut self, backfilled: &Backfilled) {
        if let Backfilled::Made { runs, .. } = backfilled {
            self.recorded(runs);
        }
    }

    /// Work was handed out.
    pub(crate) fn claimed(&mut self, claims: &Claims) {
        for expired in &claims.expired {
            let note = self.note(expired.run, &expired.fire);
            let waited = !note.running && !note.over;
            note.over = true;
            self.hold(waited, || format!("{} expired, and did not wait", expired.run));
        }
        self.recorded(&claims.followers);
        for claimed in &claims.runs {
            let lease = claimed.lease;
            let known = self.runs.contains_key(&lease.run);
            let follows = claimed.fire.trigger == Trigger::Continuous;
            self.hold(known || follows, || format!("{} comes from nowhere", lease.run));
            let most = tasks::max_attempts(&claimed.fire.task);
            let note = self.note(lease.run, &claimed.fire);
            let before = note.clone();
            note.running = true;
            note.lease = lease.number;
            note.used = claimed.attempt;
            self.hold(before.fire == claimed.fire, || format!("{} is another fire now", lease.run));
            self.hold(!before.over, || format!("{} is over, and was handed out", lease.run));
            self.hold(!before.running, || format!("{} runs, and was handed out", lease.run));
            self.hold(lease.number == before.lease + 1, || {
                format!("{} has lease {} after {}", lease.run, lease.number, before.lease)
            });
            self.hold(claimed.attempt == before.used + 1, || {
                format!("{} is at attempt {} after {}", lease.run, claimed.attempt, before.used)
            });
            self.hold(claimed.attempt <= most, || {
                format!("{} is at attempt {} of {most}", lease.run, claimed.attempt)
            });
            self.leases.insert(claimed.key.clone(), lease);
            let task = &claimed.fire.task;
            let paused = self.all_paused || self.paused.contains(task);
            self.hold(!paused, || format!("{} begins, and {task} is paused", lease.run));
            let of_task = |note: &&Note| note.running && note.fire.task == *task;
            let running = self.runs.values().filter(of_task).count() as u64;
            let slots = tasks::slots(task);
            self.hold(slots.is_none_or(|slots| running <= slots), || {
                format!("{running} runs of {task} go on at once")
            });
        }
    }

    /// A guest begins: which lease it runs under.
    pub(crate) fn begun(&mut self, key: &str) -> Lease {
        let Some(lease) = self.leases.get(key).copied() else {
            self.hold(false, || format!("a guest runs for {key}, which nobody claimed"));
            return Lease { run: RunId(0), number: 0 };
        };
        if let Some(note) = self.runs.get_mut(&lease.run) {
            let failures = note.failures;
            let Fire { task, trigger, scheduled_for } = note.fire.clone();
            let begun = self.begun.entry((task.clone(), trigger, scheduled_for)).or_default();
            *begun += 1;
            let begun = *begun;
            let most = tasks::max_attempts(&task);
            self.hold(failures < most, || {
                format!("{} has failed {failures} times, and is tried again", lease.run)
            });
            self.hold(begun == 1 || !tasks::at_most_once(&task), || {
                format!("{} of {task} was begun twice", lease.run)
            });
        }
        lease
    }

    /// A guest has asked what was saved for its run.
    pub(crate) fn loaded(&mut self, run: RunId, found: Option<&[u8]>) {
        let saved = self.checkpoints.get(&run).map(Vec::as_slice);
        let kept = saved == found;
        self.hold(kept, || format!("{run} is given a checkpoint that is not its last one"));
    }

    /// A guest has left something to the next attempt, or was refused.
    pub(crate) fn saved(&mut self, lease: Lease, value: &[u8], saved: bool) {
        let note = self.runs.get(&lease.run);
        let held = note.is_some_and(|note| note.running && note.lease == lease.number);
        self.hold(saved == held, || format!("whoever saves for {} is not asked", lease.run));
        if saved {
            self.checkpoints.insert(lease.run, value.to_vec());
        }
    }

    /// An attempt's end was handed in.
    pub(crate) fn finished(&mut self, finish: &Finish, finished: &Finished) {
        let lease = finish.lease;
        let Some(note) = self.runs.get_mut(&lease.run) else {
            self.hold(false, || format!("{} ended, and never was", lease.run));
            return;
        };
        let held = note.running && note.lease == lease.number;
        let Finished::Recorded { transition, children, unfit, .. } = finished else {
            self.hold(!held, || format!("the end of {} was discarded", lease.run));
            return;
        };
        note.running = false;
        match *transition {
            Transition::End(_) => note.over = true,
            Transition::Retry(_) => {}
            Transition::Refund(_) => note.used = note.used.saturating_sub(1),
        }
        let verdict = &finish.end.outcome.verdict;
        if matches!(verdict, Verdict::Succeeded { .. }) && unfit.is_none() {
            self.checkpoints.remove(&lease.run);
        }
        note.failures += u32::from(matches!(verdict, Verdict::Failed(_)));
        self.hold(held, || format!("{} was ended by who had lost its lease", lease.run));
        let own = said_by(verdict).is_none_or(|number| number == lease.number);
        self.hold(own, || format!("{} has the result of an earlier lease", lease.run));
        self.recorded(children);
    }

    /// Something was paused, or goes on.
    pub(crate) fn paused(&mut self, scope: &Scope, paused: bool) {
        match scope {
            Scope::All => self.all_paused = paused,
            Scope::Task(task) if paused => drop(self.paused.insert(task.clone())),
            Scope::Task(task) => drop(self.paused.remove(task)),
        }
    }

    /// A run was cancelled.
    pub(crate) fn cancelled(&mut self, run: RunId, cancelled: &Cancelled) {
        let Some(note) = self.runs.get_mut(&run) else { return };
        if let Cancelled::Over { followers, .. } = cancelled {
            let waited = !note.running && !note.over;
            note.over = true;
            self.hold(waited, || format!("{run} was cancelled, and did not wait"));
            self.recorded(followers);
        }
    }

    /// Compares everything with how the store shows it.
    pub(crate) fn compare(&mut self, shown: &[RunView]) {
        let by_number: HashMap<_, _> = shown.iter().map(|view| (view.run, view)).collect();
        for run in self.ended.values() {
            let found = by_number.get(&run.run).copied();
            if found != Some(run) {
                let text = format!("{run:?} was over, and is {found:?}");
                self.broken.get_or_insert(text);
                return;
            }
        }
        for view in shown {
            let over = matches!(view.state, RunState::Ended(_));
            if over {
                self.ended.insert(view.run, view.clone());
            }
            if let Some(note) = self.runs.get(&view.run) {
                let (running, ended) = (note.running, note.over);
                let agrees = running == (view.state == RunState::Running) && (over || !ended);
                self.hold(agrees, || format!("{view:?} is not what was seen of it"));
            }
        }
        let open_chains = shown.iter().filter(|run| {
            run.trigger == Trigger::Continuous && !matches!(run.state, RunState::Ended(_))
        });
        let chains = open_chains.count();
        self.hold(chains <= 1, || format!("`pump` has {chains} chains"));
        let shows_all = self.runs.keys().all(|run| by_number.contains_key(run));
        self.hold(shows_all, || "a run is gone".to_owned());
    }

    /// Any run that was ever made.
    pub(crate) fn any_run(&self, number: usize) -> Option<RunId> {
        let mut runs: Vec<_> = self.runs.keys().copied().collect();
        runs.sort_unstable();
        let count = runs.len().max(1);
        runs.get(number % count).copied()
    }
}

/// The lease under which a guest says it ran, where it had time to say anything.
fn said_by(verdict: &Verdict) -> Option<i64> {
    match verdict {
        Verdict::Succeeded { output } => output.as_deref()?.parse().ok(),
        Verdict::Failed(failure) => failure.message.parse().ok(),
        _ => None,
    }
}
