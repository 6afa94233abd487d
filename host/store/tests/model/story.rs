//! A story as it is told: every verb to the store and to the model.

use std::{num::NonZeroU32, time::Duration};

use horarium_core::{
    Outbox, Store,
    alert::Condition,
    attempt::{AttemptEnd, Lease, Outcome},
    log::{Level, LogLine},
    name::TaskName,
    overlap::{Admission, Overlap},
    run::{Expiry, Fire, RunEnd, RunId, Trigger},
    schedule::{Cursor, Every, Schedule},
    store::{
        AlertQuery, Cancelled, Claim, ExpiredLease, ExpiredRun, Finish, Finished, LogQuery,
        NewFire, Pause, RecordedFire, Refusal, Registration, RunQuery, Scope, Start, Started,
        TaskFires, TaskQuery, TaskState, WaitsFor, WholeRun,
    },
    time,
    transition::Transition,
    verdict::{Verdict, VerdictKind},
};
use jiff::Timestamp;

use crate::{
    verb::{How, Rules, Verb},
    world::{Place, Task, Waiting, World},
};

/// So many failed runs in a row put a task aside.
const QUARANTINE: u32 = 4;

pub(crate) struct Story<S> {
    pub(crate) store: S,
    world: World,
    now: i64,
    /// All leases that were ever given, oldest first.
    leases: Vec<Lease>,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn schedule(number: usize) -> Schedule {
    match number {
        0 => Schedule::Manual,
        1 => Schedule::Once,
        2 => Schedule::At(at(20)),
        _ => Schedule::Every(Every::new(Duration::from_secs(10), Duration::ZERO).unwrap()),
    }
}

fn overlap(number: usize) -> Overlap {
    match number {
        0 => Overlap::Skip,
        1 => Overlap::QueueOne,
        2 => Overlap::QueueAll { limit: 2 },
        3 => Overlap::CancelPrevious,
        4 => Overlap::Allow { concurrent: NonZeroU32::new(2), limit: 2 },
        _ => Overlap::Allow { concurrent: None, limit: 2 },
    }
}

fn slots(overlap: Overlap) -> Option<NonZeroU32> {
    overlap.slots().and_then(|slots| NonZeroU32::new(slots.try_into().unwrap()))
}

impl<S: Store + Outbox> Story<S> {
    pub(crate) fn of(store: S) -> Self {
        Self { store, world: World::default(), now: 20, leases: Vec::new() }
    }

    pub(crate) async fn tell(&mut self, verb: &Verb) {
        match verb {
            Verb::Register(tasks) => self.register(tasks).await,
            Verb::Fire(task, trigger, seconds, rules) => {
                self.fire(task, *trigger, seconds, *rules).await;
            }
            Verb::Start(task, later, key, rules) => self.start(task, *later, *key, *rules).await,
            Verb::Cancel(run) => self.cancel(*run).await,
            Verb::Pause(task, pause) => self.pause(task, *pause).await,
            Verb::Claim(limit, lasting) => self.claim(*limit, *lasting).await,
            Verb::Renew(leases, lasting) => self.renew(leases, *lasting).await,
            Verb::Log(lease) => self.log(*lease).await,
            Verb::Finish(lease, how) => self.finish(*lease, *how).await,
            Verb::Sweep => self.sweep().await,
            Verb::Wait(seconds) => self.now += seconds,
        }
    }

    async fn register(&mut self, tasks: &[(&str, usize, usize, Option<u64>)]) {
        let named = |name: &TaskName| tasks.iter().any(|(task, ..)| *task == name.as_str());
        for (name, task) in &mut self.world.tasks {
            task.active &= named(name);
        }
        let mut registrations = Vec::new();
        let mut expected = Vec::new();
        for (task, number, policy, deadman) in tasks {
            let (task, schedule) = (task.parse::<TaskName>().unwrap(), schedule(*number));
            let (overlap, now) = (overlap(*policy), at(self.now));
            let known = self.world.tasks.entry(task.clone()).or_insert_with(|| Task {
                active: true,
                created: now,
                schedule: schedule.clone(),
                cursor: Cursor::Created(now),
                overlap,
                pause: None,
                failures: 0,
                deadman: *deadman,
                proven_at: now,
            });
            if known.schedule != schedule {
                known.cursor = schedule.restart(known.created, now);
                known.schedule = schedule.clone();
            }
            let returns = !std::mem::replace(&mut known.active, true);
            if deadman.is_some() && known.deadman.is_none() {
                known.proven_at = now;
            }
            known.deadman = *deadman;
            if deadman.is_none() {
                self.world.alarms.forget(&task, Condition::Deadman);
            }
            known.overlap = overlap;
            let (cursor, pause) = (known.cursor, known.pause);
            if returns {
                self.world.ripen(Some(&task), now);
            }
            self.world.promote(&task);
            let unfinished = self.world.unfinished_by(&task, schedule.trigger());
            expected.push(TaskState { task: task.clone(), cursor, unfinished, pause });
            let deadman = deadman.map(Duration::from_secs);
            registrations.push(Registration { task, schedule, overlap, deadman, follower: None });
        }
        let gone: Vec<_> = self.world.tasks.iter().filter(|(_, task)| !task.active).collect();
        let gone: Vec<_> = gone.into_iter().map(|(name, _)| name.clone()).collect();
        for task in &gone {
            self.world.park(task);
        }
        let now = at(self.now);
        // Both ways lead to the same.
        let states = match self.now % 2 {
            0 => self.store.register(registrations, now).await,
            _ => self.store.amend(registrations, gone, now).await,
        };
        assert_eq!(states.unwrap(), expected);
    }

    fn new_fire(&self, second: i64, rules: Rules) -> NewFire {
        let within = |length: Option<i64>| length.map(|length| at(self.now + length));
        NewFire {
            start_by: within(rules.start_within),
            end_by: within(rules.end_within),
            late_at: within(rules.late_after),
            priority: rules.priority,
            ..NewFire::at(at(second))
        }
    }

    async fn fire(&mut self, task: &str, trigger: Trigger, seconds: &[i64], rules: Rules) {
        let task: TaskName = task.parse().unwrap();
        let cursor = Cursor::Considered(at(self.now));
        let new: Vec<_> = seconds.iter().map(|second| self.new_fire(*second, rules)).collect();
        let overlap = self.world.tasks.get(&task).map_or(Overlap::Skip, |task| task.overlap);
        let fires = TaskFires {
            task: task.clone(),
            trigger,
            fires: new.clone(),
            passed: None,
            cursor,
            overlap,
        };
        let recorded = self.store.record_fires(vec![fires], at(self.now)).await;
        let mut recorded = recorded.unwrap().into_iter();
        if let Some(known) = self.world.tasks.get_mut(&task) {
            // Never back, even where the clock goes back.
            known.cursor = match known.cursor {
                Cursor::Considered(before) if before > cursor.instant() => known.cursor,
                _ => cursor,
            };
            let mut admissions = Vec::new();
            for new in new {
                let scheduled_for = new.scheduled_for;
                let fire = Fire { task: task.clone(), trigger, scheduled_for };
                if !self.world.fires.contains_key(&fire) {
                    let recorded = recorded.next().unwrap();
                    admissions.push(recorded.admission);
                    self.admitted(&fire, &new, recorded);
                }
            }
            // A look that makes a run has skipped nothing.
            let is_skipped = |admission: &Admission| matches!(admission, Admission::Skip(_));
            match admissions.iter().all(is_skipped) {
                true if admissions.is_empty() => {}
                true => self.world.raise(&task, Condition::Skip),
                false => self.world.alarms.clear(&task, Condition::Skip),
            }
        }
        assert_eq!(recorded.next(), None);
    }

    /// A fire that was new has been recorded.
    fn admitted(&mut self, fire: &Fire, new: &NewFire, recorded: RecordedFire) {
        assert_eq!(recorded.fire, *fire);
        let backlog = self.world.backlog(&fire.task);
        let admission = self.world.tasks[&fire.task].overlap.admit(fire.trigger, backlog);
        // Nobody makes way for what is too late already.
        let late = new.start_by.is_some_and(|start_by| start_by <= at(self.now));
        let admission = match admission {
            Admission::Replace if late => Admission::Hold,
            Admission::Enter if self.world.is_full(&fire.task) => Admission::Hold,
            other => other,
        };
        assert_eq!(recorded.admission, admission);
        let (mut replaces, mut replaced) = (Vec::new(), Vec::new());
        let mut place = admission;
        if admission == Admission::Replace {
            let now = at(self.now);
            let of_task = self.world.runs.iter_mut().filter(|(_, run)| run.fire.task == fire.task);
            for (id, run) in of_task {
                let later = matches!(run.place, Place::Scheduled(due) if due > now);
                if run.fire.trigger == Trigger::Backfill || later {
                    continue;
                }
                if run.due().is_some() {
                    replaced.push(run.cancelled_as(*id));
                }
                if let Some(number) = run.cancel() {
                    replaces.push(Lease { run: *id, number });
                }
            }
            let full = self.world.is_full(&fire.task);
            place = if full { Admission::Hold } else { Admission::Enter };
        }
        assert_eq!(recorded.replaces, replaces);
        let mut told = recorded.replaced;
        told.sort_by_key(|cancelled| cancelled.run);
        assert_eq!(told, replaced);
        assert_eq!(recorded.created_at, at(self.now));
        self.world.add(recorded.run, fire.clone(), new, place, at(self.now));
    }

    async fn start(&mut self, task: &str, later: i64, key: Option<usize>, rules: Rules) {
        let task: TaskName = task.parse().unwrap();
        let known = self.world.tasks.get(&task);
        let overlap = known.map_or(Overlap::Skip, |task| task.overlap);
        let mut new = self.new_fire(self.now + later, rules);
        let key = key.map(|key| key.to_string());
        let start = Start {
            task: task.clone(),
            trigger: Trigger::Manual,
            fire: new,
            overlap,
            args: None,
            key: key.clone(),
            repeats: None,
        };
        let started = self.store.start(start, at(self.now)).await.unwrap();
        let by_key = key.as_ref().map(|key| (task.clone(), key.clone()));
        let expected = match known {
            None => Some(Started::Refused(Refusal::Unknown)),
            Some(known) => by_key
                .as_ref()
                .and_then(|key| self.world.keys.get(key))
                .map(|run| Started::Known(*run))
                .or_else(|| (!known.active).then_some(Started::Refused(Refusal::Unknown)))
                .or_else(|| known.pause.map(|pause| Started::Refused(Refusal::Paused(pause))))
                .or_else(|| {
                    let backlog = self.world.backlog(&task);
                    match overlap.admit(Trigger::Manual, backlog) {
                        Admission::Skip(reason) => Some(Started::Refused(Refusal::Skipped(reason))),
                        _ => None,
                    }
                }),
        };
        match (expected, started) {
            (Some(expected), started) => assert_eq!(started, expected),
            (None, Started::New(recorded)) => {
                let wanted =
                    Fire { task, trigger: Trigger::Manual, scheduled_for: new.scheduled_for };
                // Where that instant is taken, another one near it that is free.
                let fire = recorded.fire.clone();
                assert!(!self.world.fires.contains_key(&fire));
                assert_eq!(fire != wanted, self.world.fires.contains_key(&wanted));
                assert!(time::between(wanted.scheduled_for, fire.scheduled_for).as_secs() < 1);
                new.scheduled_for = fire.scheduled_for;
                self.world.keys.extend(by_key.map(|key| (key, recorded.run)));
                self.admitted(&fire, &new, recorded);
            }
            (None, other) => panic!("{other:?}"),
        }
    }

    async fn cancel(&mut self, number: usize) {
        let id = self.world.runs.keys().rev().nth(number).copied().unwrap_or(RunId(999));
        let cancelled = self.store.cancel(id, at(self.now)).await.unwrap();
        let Some(run) = self.world.runs.get_mut(&id) else {
            assert_eq!(cancelled, Cancelled::Unknown);
            return;
        };
        let fire = run.fire.clone();
        let expected = match run.place {
            Place::Over(_) => Cancelled::Ended,
            Place::Running { .. } => Cancelled::Running(Lease { run: id, number: run.leases }),
            Place::Scheduled(_) | Place::RetryWait(_) => {
                Cancelled::Over { run: run.cancelled_as(id), followers: vec![] }
            }
        };
        assert_eq!(cancelled, expected);
        run.cancel();
        self.world.promote(&fire.task);
    }

    async fn pause(&mut self, task: &str, pause: bool) {
        let task: TaskName = task.parse().unwrap();
        let now = at(self.now);
        let scope = Scope::Task(task.clone());
        let known = match pause {
            true => self.store.pause(scope, now).await.unwrap(),
            false => self.store.resume(scope, now).await.unwrap(),
        };
        assert_eq!(known, self.world.tasks.contains_key(&task));
        if let Some(known) = self.world.tasks.get_mut(&task) {
            let was_open = known.is_open();
            known.pause = pause.then_some(Pause::Paused);
            if !pause {
                known.failures = 0;
                self.world.alarms.clear(&task, Condition::Quarantine);
            }
            match pause {
                true => self.world.park(&task),
                false if was_open => {}
                false => self.world.ripen(Some(&task), now),
            }
        }
    }

    async fn claim(&mut self, limit: u32, lasting: i64) {
        let (now, until) = (at(self.now), at(self.now + lasting));
        let claim = Claim { node: "here".to_owned(), limit, now, until };
        let claims = self.store.claim(claim).await.unwrap();
        let late: Vec<_> =
            self.world.expiring().into_iter().filter(|(_, (at, _))| *at <= now).collect();
        assert_eq!(claims.expired.len(), late.len());
        for (id, _) in late {
            let run = self.world.runs.get_mut(&id).unwrap();
            let over = run.end_by.is_some_and(|end_by| end_by <= now);
            let expiry = if over { Expiry::Run } else { Expiry::Start };
            let (fire, created_at) = (run.fire.clone(), run.created);
            let expired = ExpiredRun { run: id, fire, created_at, expiry };
            assert!(claims.expired.contains(&expired), "{expired:?} is not in {claims:?}");
            run.end(RunEnd::Expired(expiry));
            let (task, begun) = (run.fire.task.clone(), run.leases > 0);
            let condition = if begun { Condition::Failure } else { Condition::Lateness };
            self.world.raise(&task, condition);
            self.world.promote(&task);
        }
        self.world.notice_dead(now);
        self.world.ripen(None, now);
        self.world.notice_late(now);
        let mut waiting = self.world.waiting();
        let ripe = waiting.values().filter(|run| run.ripe).count();
        assert_eq!(claims.runs.len(), ripe.min(limit as usize));
        let mut last = None;
        for claimed in claims.runs {
            // Which of two that are due at the same time is not said.
            let Waiting { ripe, order } = waiting.remove(&claimed.lease.run).unwrap();
            assert!(ripe && last.is_none_or(|last| last <= order));
            last = Some(order);
            self.world.begins(claimed.lease.run, now);
            let run = self.world.runs.get_mut(&claimed.lease.run).unwrap();
            assert_eq!(Some(claimed.due_at), run.due());
            run.start(now, until);
            assert_eq!(claimed.fire, run.fire);
            assert_eq!((claimed.created_at, claimed.end_by), (run.created, run.end_by));
            assert_eq!((claimed.lease.number, claimed.attempt), (run.leases, run.counted));
            self.leases.push(claimed.lease);
        }
        let first = waiting.values().filter(|run| run.ripe).map(|run| run.order).min();
        assert!(first.is_none_or(|first| last.is_none_or(|last| last <= first)));
        let later = waiting.values().map(|run| run.order.1).min();
        assert_eq!(claims.next_due, first.map(|(_, due)| due).or(later));
        assert_eq!(claims.next_expiry, self.world.next_look());
    }

    /// A lease, counted from the newest one.
    fn lease(&self, number: usize) -> Option<Lease> {
        self.leases.iter().rev().nth(number).copied()
    }

    async fn renew(&mut self, leases: &[usize], lasting: i64) {
        let until = at(self.now + lasting);
        let leases: Vec<_> = leases.iter().filter_map(|number| self.lease(*number)).collect();
        let lost = self.store.renew(leases.clone(), until).await.unwrap();
        let mut expected = leases;
        expected.retain(|lease| match self.world.held(*lease) {
            Some(run) => {
                run.place = Place::Running { until };
                false
            }
            None => true,
        });
        assert_eq!(lost, expected);
    }

    async fn log(&mut self, lease: usize) {
        let Some(lease) = self.lease(lease) else { return };
        let line = LogLine::of_host(at(self.now), Level::Info, format!("{lease:?}"));
        self.store.append_log(lease, vec![line.clone()]).await.unwrap();
        if let Some(run) = self.world.held(lease) {
            run.log.push(line.message);
        }
    }

    async fn finish(&mut self, lease: usize, how: How) {
        let Some(lease) = self.lease(lease) else { return };
        let success = Verdict::Succeeded { output: Some(lease.number.to_string()) };
        let failure = Verdict::failed("no");
        let end = |verdict: &Verdict| Transition::End(RunEnd::Verdict(verdict.kind()));
        let (verdict, transition) = match how {
            How::Succeed | How::SucceedAndContinue(_) => (success.clone(), end(&success)),
            How::Fail => (failure.clone(), end(&failure)),
            How::RetryIn(seconds) => (failure, Transition::Retry(at(self.now + seconds))),
            How::Refund => (Verdict::Interrupted, Transition::Refund(at(self.now))),
        };
        let follow_up = match how {
            How::SucceedAndContinue(seconds) => Some(NewFire::at(at(self.now + seconds))),
            _ => None,
        };
        self.end(lease, verdict, transition, follow_up).await;
    }

    async fn end(
        &mut self,
        lease: Lease,
        verdict: Verdict,
        transition: Transition,
        follow_up: Option<NewFire>,
    ) {
        let (kind, outcome, now) = (verdict.kind(), Outcome::before_start(verdict), at(self.now));
        let last = LogLine::of_host(now, Level::Info, format!("end of {lease:?}"));
        let finish = Finish {
            lease,
            end: AttemptEnd { at: now, outcome },
            transition,
            conflicted: Transition::Refund(now),
            refused: Transition::Refund(now),
            children: Vec::new(),
            follow_up,
            log: vec![last.clone()],
            quarantine: NonZeroU32::new(QUARANTINE),
        };
        let finished = self.store.finish(finish).await.unwrap();
        let Some(run) = self.world.held(lease) else {
            assert_eq!(finished, Finished::Superseded);
            return;
        };
        run.log.push(last.message);
        // A run that is to end does not go on.
        let transition = match transition {
            Transition::Retry(_) | Transition::Refund(_) if run.cancelled => {
                Transition::End(RunEnd::Verdict(VerdictKind::Cancelled))
            }
            transition => transition,
        };
        run.move_on(kind, transition);
        let fire = run.fire.clone();
        self.world.ripen_one(lease.run, now);
        let quarantined = self.follows(&fire, transition, follow_up).await;
        assert_eq!(
            finished,
            Finished::Recorded { transition, quarantined, unfit: None, children: vec![] }
        );
    }

    /// What else an end means; says whether the task is put aside for it.
    async fn follows(
        &mut self,
        fire: &Fire,
        transition: Transition,
        follow_up: Option<NewFire>,
    ) -> bool {
        let now = at(self.now);
        let Transition::End(end) = transition else { return false };
        self.world.promote(&fire.task);
        let next = follow_up
            .map(|new| (new, Fire { scheduled_for: new.scheduled_for, ..fire.clone() }))
            .filter(|(_, next)| !self.world.fires.contains_key(next));
        if let Some((new, next)) = next {
            let newest = RunQuery { limit: 1, ..RunQuery::default() };
            let run = self.store.runs(newest).await.unwrap()[0].run;
            let backlog = self.world.backlog(&fire.task);
            let overlap = self.world.tasks[&fire.task].overlap;
            let chained = Overlap::Allow { concurrent: slots(overlap), limit: u32::MAX };
            let admission = match chained.admit(fire.trigger, backlog) {
                Admission::Enter if self.world.is_full(&fire.task) => Admission::Hold,
                other => other,
            };
            self.world.add(run, next, &new, admission, now);
        }
        let task = self.world.tasks.get_mut(&fire.task).unwrap();
        let failures = match end {
            RunEnd::Verdict(VerdictKind::Succeeded) => {
                task.proven_at = now;
                self.world.alarms.clear(&fire.task, Condition::Failure);
                self.world.alarms.clear(&fire.task, Condition::Deadman);
                0
            }
            RunEnd::Verdict(VerdictKind::Cancelled) => return false,
            _ => {
                let failures = task.failures + 1;
                self.world.raise(&fire.task, Condition::Failure);
                failures
            }
        };
        let task = self.world.tasks.get_mut(&fire.task).unwrap();
        task.failures = failures;
        if task.failures < QUARANTINE.into() || task.pause.is_some() {
            return false;
        }
        task.pause = Some(Pause::Quarantined);
        self.world.raise(&fire.task, Condition::Quarantine);
        self.world.park(&fire.task);
        true
    }

    async fn sweep(&mut self) {
        let now = at(self.now);
        let over = self
            .world
            .runs
            .iter()
            .filter(|(_, run)| matches!(run.place, Place::Running { until } if until <= now));
        let expected: Vec<_> = over
            .map(|(id, run)| ExpiredLease {
                lease: Lease { run: *id, number: run.leases },
                fire: run.fire.clone(),
                attempt: run.counted,
                end_by: run.end_by,
                cancelled: run.cancelled,
                created_at: run.created,
                began_at: run.began.unwrap(),
            })
            .collect();
        let mut expired = self.store.expired(now).await.unwrap();
        expired.sort_by_key(|expired| expired.lease.run);
        assert_eq!(expired, expected);
        for expired in expired {
            let transition = match expired.attempt {
                3.. => Transition::End(RunEnd::Verdict(Verdict::Lost.kind())),
                _ => Transition::Retry(at(self.now + 2)),
            };
            self.end(expired.lease, Verdict::Lost, transition, None).await;
        }
    }

    /// Compares all that can be seen.
    pub(crate) async fn agrees(&self) {
        for view in self.store.tasks(TaskQuery::ALL).await.unwrap() {
            let task = &self.world.tasks[&view.task];
            assert_eq!((view.active, view.created_at), (task.active, task.created));
            assert_eq!(view.unfinished, self.world.unfinished(&view.task));
            assert_eq!((view.pause, view.failures), (task.pause, task.failures));
        }
        let all = AlertQuery { limit: u32::MAX, ..AlertQuery::default() };
        let alerts = self.store.alerts(all).await.unwrap();
        self.world.alarms.agrees(alerts.into_iter().map(|view| view.alert));
        let all = RunQuery { limit: u32::MAX, ..RunQuery::default() };
        let views = self.store.runs(all).await.unwrap();
        assert_eq!(views.len(), self.world.runs.len());
        for view in views {
            let run = &self.world.runs[&view.run];
            let fire =
                Fire { task: view.task, trigger: view.trigger, scheduled_for: view.scheduled_for };
            assert_eq!(fire, run.fire);
            assert_eq!((view.state, view.due_at), (run.state(), run.due()));
            assert_eq!(view.attempts, run.counted);
            let task = &self.world.tasks[&run.fire.task];
            let open = task.is_open();
            let waits_for = run.due().map(|_| match (run.held, open, run.ripe) {
                (true, ..) => WaitsFor::EarlierRun,
                (false, false, _) if task.active => WaitsFor::Task,
                (false, false, _) => WaitsFor::Configuration,
                (false, true, true) => WaitsFor::Slot,
                (false, true, false) => WaitsFor::Time,
            });
            assert_eq!(view.waits_for, waits_for);
            if run.leases > 0 {
                self.agrees_on_attempts(view.run).await;
            }
        }
    }

    async fn agrees_on_attempts(&self, id: RunId) {
        let run = &self.world.runs[&id];
        let whole = self.store.whole_run(id).await.unwrap().unwrap();
        let WholeRun { run: view, attempts, .. } = whole;
        assert_eq!(view, self.store.run(id).await.unwrap().unwrap());
        assert_eq!(attempts, self.store.attempts(id).await.unwrap());
        let over: Vec<_> = attempts
            .iter()
            .filter_map(|attempt| Some((attempt.lease, attempt.attempt, attempt.verdict?)))
            .collect();
        assert_eq!(over, run.attempts);
        let query = LogQuery::whole(id);
        let log = self.store.log(query).await.unwrap();
        let messages: Vec<_> = log.into_iter().map(|line| line.content.message).collect();
        assert_eq!(messages, run.log);
    }
}
