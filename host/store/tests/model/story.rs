//! A story as it is told: every verb to the store and to the model.

use std::time::Duration;

use horarium_core::{
    Store,
    attempt::{AttemptEnd, Lease, Outcome},
    log::{Level, LogLine},
    name::TaskName,
    overlap::{Admission, Overlap},
    run::{Fire, RunEnd, RunId, Trigger},
    schedule::{Cursor, Every, Schedule},
    store::{
        Claim, ExpiredLease, Finish, Finished, LogQuery, Registration, RunQuery, TaskFires,
        TaskState,
    },
    transition::Transition,
    verdict::Verdict,
};
use jiff::Timestamp;

use crate::{
    verb::{How, Verb},
    world::{Place, Task, World},
};

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

impl<S: Store> Story<S> {
    pub(crate) fn of(store: S) -> Self {
        Self { store, world: World::default(), now: 20, leases: Vec::new() }
    }

    pub(crate) async fn tell(&mut self, verb: &Verb) {
        match verb {
            Verb::Register(tasks) => self.register(tasks).await,
            Verb::Fire(task, trigger, seconds) => self.fire(task, *trigger, seconds).await,
            Verb::Claim(limit, lasting) => self.claim(*limit, *lasting).await,
            Verb::Renew(leases, lasting) => self.renew(leases, *lasting).await,
            Verb::Log(lease) => self.log(*lease).await,
            Verb::Finish(lease, how) => self.finish(*lease, *how).await,
            Verb::Sweep => self.sweep().await,
            Verb::Wait(seconds) => self.now += seconds,
        }
    }

    async fn register(&mut self, tasks: &[(&str, usize)]) {
        self.world.tasks.values_mut().for_each(|task| task.active = false);
        let mut registrations = Vec::new();
        let mut expected = Vec::new();
        for (task, number) in tasks {
            let (task, schedule) = (task.parse::<TaskName>().unwrap(), schedule(*number));
            let now = at(self.now);
            let known = self.world.tasks.entry(task.clone()).or_insert_with(|| Task {
                active: true,
                created: now,
                schedule: schedule.clone(),
                cursor: Cursor::Created(now),
            });
            if known.schedule != schedule {
                known.cursor = schedule.restart(known.created, now);
                known.schedule = schedule.clone();
            }
            known.active = true;
            let cursor = known.cursor;
            let unfinished = self.world.unfinished_by(&task, schedule.trigger());
            expected.push(TaskState { task: task.clone(), cursor, unfinished });
            registrations.push(Registration { task, schedule });
        }
        let states = self.store.register(registrations, at(self.now)).await;
        assert_eq!(states.unwrap(), expected);
    }

    async fn fire(&mut self, task: &str, trigger: Trigger, seconds: &[i64]) {
        let task: TaskName = task.parse().unwrap();
        let cursor = Cursor::Considered(at(self.now));
        let instants: Vec<_> = seconds.iter().copied().map(at).collect();
        let overlap = Overlap::Skip;
        let fires =
            TaskFires { task: task.clone(), trigger, instants: instants.clone(), cursor, overlap };
        let recorded = self.store.record_fires(vec![fires], at(self.now)).await;
        let mut recorded = recorded.unwrap().into_iter();
        if let Some(known) = self.world.tasks.get_mut(&task) {
            // Never back, even where the clock goes back.
            known.cursor = match known.cursor {
                Cursor::Considered(before) if before > cursor.instant() => known.cursor,
                _ => cursor,
            };
            for scheduled_for in instants {
                let fire = Fire { task: task.clone(), trigger, scheduled_for };
                if self.world.fires.contains_key(&fire) {
                    continue;
                }
                let recorded = recorded.next().unwrap();
                assert_eq!(recorded.fire, fire);
                let admission = overlap.admit(trigger, self.world.unfinished(&task));
                assert_eq!(recorded.admission, admission);
                self.world.add(recorded.run, fire, admission);
            }
        }
        assert_eq!(recorded.next(), None);
    }

    async fn claim(&mut self, limit: u32, lasting: i64) {
        let (now, until) = (at(self.now), at(self.now + lasting));
        let claim = Claim { node: "here".to_owned(), limit, now, until };
        let claims = self.store.claim(claim).await.unwrap();
        let mut waiting = self.world.waiting();
        let due = waiting.values().filter(|due| **due <= now).count();
        assert_eq!(claims.runs.len(), due.min(limit as usize));
        let mut last = Timestamp::MIN;
        for claimed in claims.runs {
            // Which of two that are due at the same time is not said.
            let due = waiting.remove(&claimed.lease.run).unwrap();
            assert!(last <= due && due <= now);
            last = due;
            let run = self.world.runs.get_mut(&claimed.lease.run).unwrap();
            run.start(until);
            assert_eq!(claimed.fire, run.fire);
            assert_eq!((claimed.lease.number, claimed.attempt), (run.leases, run.counted));
            self.leases.push(claimed.lease);
        }
        assert_eq!(claims.next_due, waiting.values().min().copied());
        assert!(last == Timestamp::MIN || waiting.values().all(|due| last <= *due));
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
            How::SucceedAndContinue(seconds) => Some(Fire {
                task: self.world.runs[&lease.run].fire.task.clone(),
                trigger: Trigger::Continuous,
                scheduled_for: at(self.now + seconds),
            }),
            _ => None,
        };
        self.end(lease, verdict, transition, follow_up).await;
    }

    async fn end(
        &mut self,
        lease: Lease,
        verdict: Verdict,
        transition: Transition,
        follow_up: Option<Fire>,
    ) {
        let (kind, outcome) = (verdict.kind(), Outcome::before_start(verdict));
        let last = LogLine::of_host(at(self.now), Level::Info, format!("end of {lease:?}"));
        let finish = Finish {
            lease,
            end: AttemptEnd { at: at(self.now), outcome },
            transition,
            follow_up: follow_up.clone(),
            log: vec![last.clone()],
        };
        let finished = self.store.finish(finish).await.unwrap();
        let Some(run) = self.world.held(lease) else {
            assert_eq!(finished, Finished::Superseded);
            return;
        };
        assert_eq!(finished, Finished::Recorded);
        run.log.push(last.message);
        run.move_on(kind, transition);
        if let Some(fire) = follow_up.filter(|fire| !self.world.fires.contains_key(fire)) {
            let newest = RunQuery { limit: 1, ..RunQuery::default() };
            let newest = self.store.runs(newest).await.unwrap()[0].run;
            self.world.add(newest, fire, Admission::Run);
        }
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
        for view in self.store.tasks().await.unwrap() {
            let task = &self.world.tasks[&view.task];
            assert_eq!((view.active, view.created_at), (task.active, task.created));
            assert_eq!(view.unfinished, self.world.unfinished(&view.task));
        }
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
            if run.leases > 0 {
                self.agrees_on_attempts(view.run).await;
            }
        }
    }

    async fn agrees_on_attempts(&self, id: RunId) {
        let run = &self.world.runs[&id];
        let attempts = self.store.attempts(id).await.unwrap();
        let over: Vec<_> = attempts
            .iter()
            .filter_map(|attempt| Some((attempt.lease, attempt.attempt, attempt.verdict?)))
            .collect();
        assert_eq!(over, run.attempts);
        let query = LogQuery { run: id, lease: None, least: Level::Trace };
        let log = self.store.log(query).await.unwrap();
        let messages: Vec<_> = log.into_iter().map(|line| line.message).collect();
        assert_eq!(messages, run.log);
    }
}
