//! The promise, checked row by row.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

use super::{effects, plan, witness::Witness};
use crate::history::{Attempt, History, Run};

/// What there was to check.
#[derive(Debug, Default)]
pub(super) struct Tally {
    events: usize,
    runs: usize,
    skipped: usize,
    attempts: usize,
    lost_attempts: usize,
    lost_runs: usize,
    looks: usize,
    instants: usize,
    passed_over: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events told, {} runs ({} skipped, {} lost), {} attempts ({} lost), \
             {} looks at the clock, {} instants ({} passed over while no host looked)",
            self.events,
            self.runs,
            self.skipped,
            self.lost_runs,
            self.attempts,
            self.lost_attempts,
            self.looks,
            self.instants,
            self.passed_over
        )
    }
}

/// Checks everything. Returns what there was, and all that is wrong with it.
pub(super) fn audit(history: &History, witness: &Witness) -> (Tally, Vec<String>) {
    let mut audit = Audit::new(history, witness);
    audit.identities();
    audit.attempts();
    audit.testimony();
    audit.ends();
    audit.the_single_run();
    audit.chains();
    audit.instants();
    audit.logs();
    audit.broken.extend(effects::wrong(history));
    (audit.tally, audit.broken)
}

struct Audit<'a> {
    history: &'a History,
    witness: &'a Witness,
    runs: HashMap<i64, &'a Run>,
    attempts: BTreeMap<i64, Vec<&'a Attempt>>,
    tally: Tally,
    broken: Vec<String>,
}

impl<'a> Audit<'a> {
    fn new(history: &'a History, witness: &'a Witness) -> Self {
        let mut attempts = BTreeMap::<_, Vec<_>>::new();
        for attempt in &history.attempts {
            attempts.entry(attempt.run).or_default().push(attempt);
        }
        let count = |state: &str| history.runs.iter().filter(|run| run.state == state).count();
        let lost = history.attempts.iter().filter(|attempt| attempt.verdict == "lost");
        let tally = Tally {
            events: witness.heard(),
            runs: history.runs.len(),
            skipped: count("skipped"),
            lost_runs: count("lost"),
            attempts: history.attempts.len(),
            lost_attempts: lost.count(),
            ..Tally::default()
        };
        let runs = history.runs.iter().map(|run| (run.id, run)).collect();
        Self { history, witness, runs, attempts, tally, broken: Vec::new() }
    }

    fn wrong(&mut self, what: String) {
        self.broken.push(what);
    }

    /// Each fire has one run.
    fn identities(&mut self) {
        let mut fires = HashSet::new();
        for run in &self.history.runs {
            if !fires.insert((&run.task, &run.trigger, run.scheduled_for)) {
                self.wrong(format!("a second run of one fire: {run:?}"));
            }
        }
    }

    /// Attempts are numbered without gaps, each has one result, success is the
    /// last of them, and no lease is missing.
    fn attempts(&mut self) {
        for run in &self.history.runs {
            let attempts = self.attempts.get(&run.id).cloned().unwrap_or_default();
            if !attempts.iter().map(|attempt| attempt.number).eq(1..=run.attempt) {
                self.wrong(format!("attempts of {run:?} are not 1 to its last: {attempts:?}"));
            }
            if !attempts.iter().map(|attempt| attempt.lease).eq(1..=run.lease) {
                self.wrong(format!("leases of {run:?} are not 1 to its last: {attempts:?}"));
            }
            let success = attempts.iter().position(|attempt| attempt.verdict == "succeeded");
            if success.is_some_and(|place| place + 1 != attempts.len()) {
                self.wrong(format!("{run:?} went on after its success: {attempts:?}"));
            }
            let last = attempts.last().map(|attempt| attempt.verdict.as_str());
            if run.is_over() && run.state != "skipped" && last != Some(run.state.as_str()) {
                self.wrong(format!("{run:?} did not end as its last attempt: {attempts:?}"));
            }
        }
    }

    /// What was told is in the history as it was told.
    fn testimony(&mut self) {
        let mut told = HashSet::new();
        for started in &self.witness.started {
            if !told.insert(started) {
                self.wrong(format!("told twice: {started:?}"));
            }
            let task = self.runs.get(&started.run).map(|run| run.task.as_str());
            let attempt = self.attempt(started.run, started.attempt);
            if task != Some(&started.task) || attempt.is_none() {
                self.wrong(format!("told, and not in the history: {started:?}"));
            }
        }
        for ended in &self.witness.ended {
            let attempt = self.attempt(ended.run, ended.attempt);
            if attempt.is_none_or(|attempt| attempt.verdict != ended.verdict) {
                self.wrong(format!("told {ended:?}, and in the history is {attempt:?}"));
            }
            let run = self.runs.get(&ended.run).copied();
            let as_told =
                |run: &Run| run.task == ended.task && (!ended.over || run.state == ended.verdict);
            if !run.is_some_and(as_told) {
                self.wrong(format!("told {ended:?}, and in the history is {run:?}"));
            }
        }
        for (number, task) in &self.witness.skipped {
            let run = self.runs.get(number).copied();
            if !run.is_some_and(|run| run.state == "skipped" && run.task == *task) {
                self.wrong(format!("told that run {number} of {task} was skipped, and is {run:?}"));
            }
        }
    }

    fn attempt(&self, run: i64, number: i64) -> Option<&'a Attempt> {
        let attempts = self.attempts.get(&run)?;
        attempts.iter().copied().find(|attempt| attempt.number == number)
    }

    /// Whatever began has come to an end, and to one that its task can have.
    fn ends(&mut self) {
        for run in &self.history.runs {
            let expected = match run.state.as_str() {
                // Due again later; only the last host's end was waited for.
                "scheduled" | "retry_wait" => true,
                "skipped" => run.trigger == "schedule",
                "lost" => true,
                state => state == plan::verdict(&run.task),
            };
            if !expected {
                self.wrong(format!("an end that its task can't have: {run:?}"));
            }
            if run.is_over() != run.ended_at.is_some() {
                self.wrong(format!("over, or not, but without its time: {run:?}"));
            }
        }
    }

    fn the_single_run(&mut self) {
        let runs: Vec<_> = self.history.of(plan::ONCE).collect();
        if !matches!(runs.as_slice(), [only] if only.state == "succeeded") {
            self.wrong(format!("instead of one run that succeeded: {runs:?}"));
        }
    }

    /// The end of a continuous run and its successor are of one transaction.
    fn chains(&mut self) {
        for (task, pause) in plan::CONTINUOUS {
            let runs: Vec<_> = self.history.of(task).collect();
            for pair in runs.windows(2) {
                let (before, after) = (pair[0], pair[1]);
                let ended = before.ended_at;
                if ended != Some(after.created_at)
                    || ended.map(|at| at + pause) != Some(after.scheduled_for)
                {
                    self.wrong(format!("the chain of {task} is broken: {before:?}, {after:?}"));
                }
            }
            if runs.last().is_none_or(|last| last.is_over()) {
                self.wrong(format!("the chain of {task} has ended: {:?}", runs.last()));
            }
        }
    }

    /// Whenever a host looked at the clock and recorded what was due, it recorded
    /// the latest instant of every task. What was passed over lies between looks,
    /// where no host ran, or none got round to it.
    fn instants(&mut self) {
        let scheduled = self.history.runs.iter().filter(|run| run.trigger == "schedule");
        let looks: BTreeSet<i64> = scheduled.map(|run| run.created_at).collect();
        self.tally.looks = looks.len();
        let created: HashMap<_, _> = self.history.tasks.iter().cloned().collect();
        for (task, period, offset) in plan::PACED {
            let runs: BTreeMap<i64, &Run> =
                self.history.of(task).map(|run| (run.scheduled_for, run)).collect();
            let latest = |at: i64| at - (at - offset).rem_euclid(period);
            for (instant, run) in &runs {
                if *instant != latest(run.created_at) {
                    self.wrong(format!("not the latest instant when it was recorded: {run:?}"));
                }
            }
            let known = created.get(task).copied().unwrap_or(i64::MAX);
            for look in &looks {
                let instant = latest(*look);
                let recorded = runs.get(&instant).is_some_and(|run| run.created_at <= *look);
                if instant >= known && !recorded {
                    self.wrong(format!(
                        "{task} has no run for {instant}, due at the look at {look}"
                    ));
                }
            }
            if let (Some((first, _)), Some((last, _))) =
                (runs.first_key_value(), runs.last_key_value())
            {
                let all = usize::try_from((last - first) / period + 1).unwrap_or_default();
                self.tally.instants += all;
                self.tally.passed_over += all - runs.len();
            }
        }
    }

    /// A log is written with its attempt's end: all of it, and once.
    fn logs(&mut self) {
        let (task, lines) = plan::TALKING;
        for run in self.history.of(task) {
            for attempt in self.attempts.get(&run.id).cloned().unwrap_or_default() {
                if attempt.verdict == "succeeded" && attempt.lines != lines {
                    self.wrong(format!("not {lines} lines of log: {attempt:?}"));
                }
            }
        }
    }
}
