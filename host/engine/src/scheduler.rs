//! Turns time into waiting runs.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    Executor, Store,
    chain::Follower,
    executor::StopReason,
    run::Trigger,
    schedule::Schedule,
    store::{RecordedFire, Registration, Scope, TaskFires},
    task::TaskSpec,
    time,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};

use crate::{
    event::Event,
    notice::Notice,
    pace::Pace,
    patience::until_done,
    roster::Differences,
    shared::{Phase, Shared},
    timetable::Timetable,
};

/// The longest wait without a look at the wall clock: it may have jumped.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How far the wall clock may run ahead, by a jump or while the machine sleeps, and
/// nobody has missed anything.
const OVERSLEPT: SignedDuration = SignedDuration::from_secs(10);

/// Tasks whose fires go into one transaction, so that other writers get their turn.
const BATCH: usize = 1_000;

/// What the engine's owner asks of the scheduler, and where the answer goes.
pub(crate) enum Command {
    /// Make these the tasks.
    SetTasks { tasks: Vec<Arc<TaskSpec>>, done: oneshot::Sender<()> },
}

/// Runs until the engine drains.
pub(crate) async fn run<S: Store, X: Executor>(
    shared: Arc<Shared<S, X>>,
    commands: mpsc::Receiver<Command>,
    notices: mpsc::UnboundedReceiver<Notice>,
) {
    let scheduler = Scheduler {
        timetable: Timetable::default(),
        pace: Pace::new(shared.clock.now()),
        awake: shared.clock.now(),
        shared: shared.clone(),
    };
    tokio::select! {
        biased;
        () = shared.reached(Phase::Draining) => {}
        () = scheduler.work(commands, notices) => {}
    }
}

struct Scheduler<S, X> {
    shared: Arc<Shared<S, X>>,
    timetable: Timetable,
    pace: Pace,
    /// Since when it has looked at the wall clock without a break.
    awake: Timestamp,
}

impl<S: Store, X: Executor> Scheduler<S, X> {
    async fn work(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut notices: mpsc::UnboundedReceiver<Notice>,
    ) {
        loop {
            // Before it is decided how long nobody looks at it.
            self.mind_the_clock(self.shared.clock.now()).await;
            let wait = self.wait();
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::SetTasks { tasks, done }) => {
                        self.register(tasks).await;
                        // Whoever asked may not wait for the answer.
                        let _ = done.send(());
                    }
                    None => return,
                },
                // Its senders live in `self`.
                Some(notice) = notices.recv() => self.hear(&notice).await,
                () = tokio::time::sleep(wait) => self.fire().await,
            }
        }
    }

    fn wait(&self) -> Duration {
        let now = self.shared.clock.now();
        self.timetable
            .next()
            .map_or(LONGEST_WAIT, |next| time::between(now, next))
            .min(LONGEST_WAIT)
    }

    async fn hear(&mut self, notice: &Notice) {
        match notice {
            // What the store says, not what somebody just did: two that do the contrary
            // may be heard of in another order than they were done.
            Notice::Pause(scope) => {
                let shared = &self.shared;
                let paused = until_done(shared, || shared.store.is_paused(scope.clone())).await;
                let now = self.shared.clock.now();
                match scope {
                    Scope::All => self.timetable.pause_all(paused, now),
                    Scope::Task(task) => self.timetable.pause(task, paused, now),
                }
            }
            Notice::Unfollowed(task) => self.timetable.begin_again(task, self.shared.clock.now()),
        }
    }

    async fn register(&mut self, tasks: Vec<Arc<TaskSpec>>) {
        let shared = &self.shared;
        // Before the store knows them: a run that can be claimed has a spec.
        let Differences { changed, removed } = shared.roster.replace(tasks);
        let tasks = || changed.iter().map(|spec| registration(spec)).collect();
        let now = shared.clock.now();
        let states = match shared.roster.is_known() {
            // The history may have others.
            false => until_done(shared, || shared.store.register(tasks(), now)).await,
            true => until_done(shared, || shared.store.amend(tasks(), removed.clone(), now)).await,
        };
        let paused = until_done(shared, || shared.store.is_paused(Scope::All)).await;
        // A run that is waiting may begin: its task is known on both sides.
        shared.roster.announce();
        // A task that is active again may have runs that wait.
        shared.work.notify_one();
        self.timetable.pause_all(paused, now);
        self.timetable.strike(&removed);
        self.timetable.enrol(&changed, &states, now);
        self.tell_if_behind(now);
    }

    /// Notices that the wall clock was set, or that the machine slept.
    async fn mind_the_clock(&mut self, now: Timestamp) {
        let drift = self.pace.drift(now);
        if drift >= OVERSLEPT {
            self.awake = now;
            self.timetable.overslept(now);
        } else if drift <= -OVERSLEPT {
            self.set_back(drift.unsigned_abs(), now).await;
        }
    }

    /// The wall clock was set back: who waits for a length of time still waits for that.
    async fn set_back(&mut self, by: Duration, now: Timestamp) {
        let shared = &self.shared;
        until_done(shared, || shared.store.set_back(by, now)).await;
        self.timetable.set_back(by);
        shared.work.notify_one();
        self.tell_if_behind(now);
    }

    /// Says how many tasks wait for a clock that was set back to be there again.
    fn tell_if_behind(&self, now: Timestamp) {
        let later = time::add(now, OVERSLEPT.unsigned_abs());
        if let Some((tasks, until)) = self.timetable.seen_after(later) {
            self.shared.events.event(Event::ClockBehind { tasks, until });
        }
    }

    /// Records everything that is due.
    async fn fire(&mut self) {
        let now = self.shared.clock.now();
        self.mind_the_clock(now).await;
        loop {
            let now = self.shared.clock.now();
            let due: Vec<TaskFires> = self.timetable.due(now, BATCH);
            if due.is_empty() {
                return;
            }
            let shared = &self.shared;
            let recorded = until_done(shared, || shared.store.record_fires(due.clone(), now)).await;
            self.timetable.advance(&due);
            for fire in recorded {
                fired(shared, fire);
            }
            shared.work.notify_one();
        }
    }
}

fn registration(spec: &TaskSpec) -> Registration {
    Registration {
        task: spec.name.clone(),
        schedule: spec.schedule.clone(),
        overlap: spec.rules.overlap,
        deadman: spec.rules.deadman,
        follower: follower(spec).map(Arc::new),
    }
}

fn follower(spec: &TaskSpec) -> Option<Follower> {
    let Schedule::After(after) = &spec.schedule else { return None };
    let (task, args) = (spec.name.clone(), spec.args.clone());
    Some(Follower { task, after: (**after).clone(), rules: spec.rules, args })
}

/// Tells of a run that was made, and stops what it replaces.
pub(crate) fn fired<S: Store, X: Executor>(shared: &Shared<S, X>, fire: RecordedFire) {
    make_way(shared, &fire);
    shared.events.event(Event::Fired(fire));
}

/// Stops what a run replaces.
fn make_way<S: Store, X: Executor>(shared: &Shared<S, X>, fire: &RecordedFire) {
    for lease in &fire.replaces {
        shared.running.stop(*lease, StopReason::Cancel);
    }
    for replaced in &fire.replaced {
        if replaced.fire.trigger == Trigger::Continuous {
            shared.notices.send(Notice::Unfollowed(replaced.fire.task.clone()));
        }
        shared.events.event(Event::Cancelled(replaced.clone()));
    }
}
