//! Turns time into waiting runs.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    Executor, Store,
    name::TaskName,
    run::Trigger,
    schedule::Cursor,
    store::{RecordedFire, Registration, TaskFires},
    task::TaskSpec,
    time,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    event::Event,
    patience::until_done,
    shared::{Phase, Shared},
    timetable::Timetable,
};

/// The longest wait without a look at the wall clock: it may have jumped.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Tasks whose fires go into one transaction, so that other writers get their turn.
const BATCH: usize = 1_000;

/// What the engine's owner asks of the scheduler, and where the answer goes.
pub(crate) enum Command {
    /// Make these the tasks.
    SetTasks { tasks: Vec<Arc<TaskSpec>>, done: oneshot::Sender<()> },
    /// Start this task once, now.
    Trigger { task: TaskName, done: oneshot::Sender<Option<RecordedFire>> },
}

/// Runs until the engine drains.
pub(crate) async fn run<S: Store, X: Executor>(
    shared: Arc<Shared<S, X>>,
    mut commands: mpsc::Receiver<Command>,
) {
    tokio::select! {
        () = shared.reached(Phase::Draining) => {}
        () = work(&shared, &mut commands) => {}
    }
}

async fn work<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    commands: &mut mpsc::Receiver<Command>,
) {
    let mut timetable = Timetable::default();
    loop {
        let wait = timetable
            .next()
            .map_or(LONGEST_WAIT, |next| time::between(shared.clock.now(), next))
            .min(LONGEST_WAIT);
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(Command::SetTasks { tasks, done }) => {
                    timetable = register(shared, tasks).await;
                    // Whoever asked may not wait for the answer.
                    let _ = done.send(());
                }
                Some(Command::Trigger { task, done }) => {
                    let _ = done.send(trigger(shared, task).await);
                }
                None => return,
            },
            () = tokio::time::sleep(wait) => fire(shared, &mut timetable).await,
        }
    }
}

async fn register<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    tasks: Vec<Arc<TaskSpec>>,
) -> Timetable {
    // Before the store knows them: a run that can be claimed has a spec.
    shared.roster.replace(&tasks);
    let registrations: Vec<_> = tasks
        .iter()
        .map(|spec| Registration { task: spec.name.clone(), schedule: spec.schedule.clone() })
        .collect();
    let now = shared.clock.now();
    let states = until_done(shared, || shared.store.register(registrations.clone(), now)).await;
    // A task that is active again may have runs that wait.
    shared.work.notify_one();
    Timetable::new(&tasks, states)
}

/// Records everything that is due.
async fn fire<S: Store, X: Executor>(shared: &Shared<S, X>, timetable: &mut Timetable) {
    loop {
        let now = shared.clock.now();
        let due: Vec<TaskFires> = timetable.due(now, BATCH);
        if due.is_empty() {
            return;
        }
        let recorded = until_done(shared, || shared.store.record_fires(due.clone(), now)).await;
        timetable.advance(&due);
        for fire in recorded {
            shared.events.event(Event::Fired(fire));
        }
        shared.work.notify_one();
    }
}

/// Records a manual fire; none where there is no such task.
async fn trigger<S: Store, X: Executor>(
    shared: &Shared<S, X>,
    task: TaskName,
) -> Option<RecordedFire> {
    let spec = shared.roster.get(&task)?;
    let now = shared.clock.now();
    let fires = TaskFires {
        task,
        trigger: Trigger::Manual,
        instants: vec![now],
        // The schedule goes on where it was.
        cursor: Cursor::Created(now),
        overlap: spec.overlap,
    };
    let recorded = until_done(shared, || shared.store.record_fires(vec![fires.clone()], now)).await;
    let fire = recorded.into_iter().next()?;
    shared.events.event(Event::Fired(fire.clone()));
    shared.work.notify_one();
    Some(fire)
}
